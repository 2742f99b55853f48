// SPDX-License-Identifier: GPL-3.0-or-later
#include <string>
#include <vector>

#include <fmt/format.h>

#include "inventory.h"
#include "io/page_release.h"
#include "metadata.h"

namespace plimsoll::cli {

namespace {

void append(std::string& out, std::uint64_t value) {
    const fmt::format_int digits(value);
    out.append(digits.data(), digits.size());
}

void append(std::string& out, std::int64_t value) {
    const fmt::format_int digits(value);
    out.append(digits.data(), digits.size());
}

template <class T>
void appendArray(std::string& out, std::span<const T> values) {
    out += '[';
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (i > 0) out += ',';
        append(out, values[i]);
    }
    out += ']';
}

// One tensor as JSON text. By hand: a million of them are written in about a second.
void appendTensor(std::string& out, const TensorTable& table, TensorId id, std::span<const std::string> fileNames) {
    const Storage& storage = table.storage(id);
    out += "{\"name\":";
    appendJsonString(out, table.name(id));
    out += ",\"dtype\":";
    appendJsonString(out, table.dtypeName(id));
    out += ",\"shape\":";
    appendArray(out, table.shape(id));
    out += ",\"stride\":";
    appendArray(out, table.stride(id));
    out += ",\"nbytes\":";
    append(out, table.nbytes(id));
    out += ",\"storage\":\"";
    append(out, std::uint64_t{table.storageId(id).index()});
    out += '"';
    if (storage.file.valid()) {
        out += ",\"file\":";
        out += fileNames[storage.file.index()];
    }
    if (const auto offset = table.fileOffset(id)) {
        out += ",\"offset\":";
        append(out, *offset);
    }
    out += storage.bigEndian ? ",\"byteorder\":\"big\"}" : ",\"byteorder\":\"little\"}";
}

void writeTensors(JsonWriter& json, const Checkpoint& checkpoint, std::span<const TensorId> rows) {
    std::vector<std::string> fileNames;
    for (const SourceFile& file : checkpoint.files) appendJsonString(fileNames.emplace_back(), file.relativePath);
    std::string text;
    json.beginArray();
    std::uint32_t written = 0;
    for (const TensorId id : rows) {
        // Names lie in the files: a million of them would be held at once.
        constexpr std::uint32_t kRowsBetweenReleases = 1U << 15U;
        if (++written % kRowsBetweenReleases == 0)
            for (const SourceFile& file : checkpoint.files)
                if (file.mapping) releasePages(*file.mapping);
        text = "\n";
        appendTensor(text, checkpoint.tensors, id, fileNames);
        json.raw(text);
    }
    json.endArray();
}

}  // namespace

void writeGlobalsJson(JsonWriter& json, std::span<const GlobalRef> globals) {
    json.beginObject();
    json.key("globals");
    json.beginArray();
    for (const GlobalRef& global : globals) {
        json.beginObject();
        json.field("module", global.module);
        json.field("name", global.name);
        json.field("verdict", verdictName(global.verdict));
        json.field("dynamic", global.dynamic);
        json.endObject();
    }
    json.endArray();
    json.endObject();
}

void writeInventoryJson(JsonWriter& json, const Checkpoint& checkpoint, std::span<const TensorId> rows) {
    json.beginObject();
    json.field("format", formatName(checkpoint.format));
    json.key("files");
    json.beginArray();
    for (const SourceFile& file : checkpoint.files) {
        json.beginObject();
        json.field("path", file.relativePath);
        json.field("bytes", file.bytes);
        json.endObject();
    }
    json.endArray();
    json.lineBreak();
    json.key("tensors");
    writeTensors(json, checkpoint, rows);
    json.key("metadata");
    writeMetadataJson(json, checkpoint.values);
    json.lineBreak();
    json.key("pickle");
    writeGlobalsJson(json, checkpoint.globals);
    json.key("warnings");
    json.beginArray();
    for (const std::string& warning : checkpoint.warnings) json.string(warning);
    json.endArray();
    if (!checkpoint.notes.empty()) {
        json.key("notes");
        json.beginArray();
        for (const std::string& note : checkpoint.notes) json.string(note);
        json.endArray();
    }
    json.endObject();
    json.lineBreak();
}

}  // namespace plimsoll::cli
