// SPDX-License-Identifier: GPL-3.0-or-later
#include <charconv>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "inventory.h"
#include "io/page_release.h"
#include "metadata.h"

namespace plimsoll::cli {

namespace {

// Rows as JSON text, a comma between each two. Room is made once per row, then nothing is checked: a million rows take
// a fifth of a second, as many strings that grow four times that.
class RowText {
public:
    explicit RowText(JsonWriter& json) : json_(json), text_(kBlockBytes) {}

    void add(const TensorTable& table, TensorId id, std::span<const std::string> fileNames) {
        const Storage& storage = table.storage(id);
        const std::string_view name = table.name(id);
        const std::string_view dtype = table.dtypeName(id);
        const std::string_view file = storage.file.valid() ? fileNames[storage.file.index()] : std::string_view();
        makeRoom(name, dtype, file, table.shape(id).size());
        put(used_ > 0 ? ",\n{\"name\":" : "\n{\"name\":");
        string(name);
        put(",\"dtype\":");
        string(dtype);
        put(",\"shape\":");
        array(table.shape(id));
        put(",\"stride\":");
        array(table.stride(id));
        put(",\"nbytes\":");
        number(table.nbytes(id));
        put(",\"storage\":\"");
        number(table.storageId(id).index());
        put("\"");
        if (storage.file.valid()) {
            put(",\"file\":");
            put(file);
        }
        if (const auto offset = table.fileOffset(id)) {
            put(",\"offset\":");
            number(*offset);
        }
        put(storage.bigEndian ? ",\"byteorder\":\"big\"}" : ",\"byteorder\":\"little\"}");
    }

    void flush() {
        if (used_ > 0) json_.raw({text_.data(), used_});
        used_ = 0;
    }

private:
    static constexpr std::size_t kBlockBytes = std::size_t{64} * 1024;

    void makeRoom(std::string_view name, std::string_view dtype, std::string_view file, std::size_t dimensions) {
        constexpr std::size_t kNumber = 21;  // the longest of 64 bits, and a comma
        constexpr std::size_t kKeys = 200;   // keys, punctuation and the numbers outside of arrays
        const std::size_t most =
            kJsonBytesOfByte * (name.size() + dtype.size()) + file.size() + 2 * kNumber * dimensions + kKeys;
        if (text_.size() - used_ >= most) return;
        flush();
        if (text_.size() < most) text_.resize(most);
    }

    void put(std::string_view text) noexcept {
        std::memcpy(&text_[used_], text.data(), text.size());
        used_ += text.size();
    }
    template <class T>
    void number(T value) noexcept {
        used_ = static_cast<std::size_t>(std::to_chars(&text_[used_], text_.data() + text_.size(), value).ptr -
                                         text_.data());
    }
    template <class T>
    void array(std::span<const T> values) noexcept {
        put("[");
        for (std::size_t i = 0; i < values.size(); ++i) {
            if (i > 0) put(",");
            number(values[i]);
        }
        put("]");
    }
    void string(std::string_view text) {
        if (plainJsonBytes(text) < text.size()) {
            escaped_.clear();
            appendJsonString(escaped_, text);
            return put(escaped_);
        }
        put("\"");
        put(text);
        put("\"");
    }

    JsonWriter& json_;
    std::vector<char> text_;
    std::size_t used_ = 0;
    std::string escaped_;
};

void writeTensors(JsonWriter& json, const Checkpoint& checkpoint, std::span<const TensorId> rows) {
    std::vector<std::string> fileNames;
    for (const SourceFile& file : checkpoint.files) appendJsonString(fileNames.emplace_back(), file.relativePath);
    json.beginArray();
    RowText text(json);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        // Names lie in the files: a million of them would be held at once.
        constexpr std::size_t kRowsBetweenReleases = std::size_t{1} << 15U;
        constexpr std::size_t kAhead = 8;
        if ((i + 1) % kRowsBetweenReleases == 0)
            for (const SourceFile& file : checkpoint.files)
                if (file.mapping) releasePages(*file.mapping);
        if (i + kAhead < rows.size()) __builtin_prefetch(checkpoint.tensors.name(rows[i + kAhead]).data());
        text.add(checkpoint.tensors, rows[i], fileNames);
    }
    text.flush();
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
