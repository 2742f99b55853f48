// SPDX-License-Identifier: GPL-3.0-or-later
#include "findings/scan.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "checkpoint/words.h"
#include "findings/content_kind.h"
#include "findings/file_walk.h"
#include "findings/rules.h"
#include "findings/scan_context.h"
#include "formats/registry.h"
#include "formats/sharded/index.h"
#include "io/address.h"
#include "io/mapped_file.h"

namespace plimsoll {

namespace {

// Words by which a template leaves what templates are for. Jinja runs in a sandbox in most programs, not in all.
constexpr std::array<std::string_view, 8> kTemplateWords = {"__class__",    "__globals__", "__init__", "__subclasses__",
                                                            "__builtins__", "__import__",  "popen",    "os.system"};

// A GGUF model carries the template that turns a conversation into text: a program of its own.
void lookAtTemplates(ScanContext& context, const Checkpoint& checkpoint, const std::string& file) {
    const ValueTree& tree = checkpoint.values;
    if (tree.root().kind != ValueKind::Dict) return;
    for (const auto& [key, value] : tree.pairs(tree.root())) {
        if (key.kind != ValueKind::String || value.kind != ValueKind::String) continue;
        const auto name = tree.text(key);
        if (!name.starts_with("tokenizer.chat_template")) continue;
        const auto text = tree.text(value);
        for (const auto word : kTemplateWords) {
            if (text.find(word) != std::string_view::npos)
                context.find(rules::kTemplate, {file, std::string(name), kNoOffset, false},
                             fmt::format("the template speaks of {}", inQuotes(word)));
        }
    }
}

// What opening the file as a checkpoint tells: flaws of structure, and where the storages of a legacy file end.
void lookAsCheckpoint(ScanContext& context, const ContentKind& kind, ScannedFile& file, const ReadOptions& read) {
    const auto opened = openCheckpoint(file.path, read.stop, nullptr, read);
    const Place whole{file.relativePath, {}, kNoOffset, false};
    if (!opened) {
        Place place = whole;
        place.offset = opened.error().offset;
        // A whole pickle, or an archive of something else, is no checkpoint and nothing is wrong with it.
        const bool isOther = opened.error().code == Errc::Unsupported;
        if (opened.error().code != Errc::Cancelled && !isOther)
            context.find(rules::kUnreadable, std::move(place), opened.error().what);
        return;
    }
    const Checkpoint& checkpoint = **opened;
    file.content = formatName(checkpoint.format);
    for (const auto& warning : checkpoint.warnings) context.find(rules::kInconsistent, whole, warning);
    if (checkpoint.format == Format::Gguf) lookAtTemplates(context, checkpoint, file.relativePath);
    if (checkpoint.format == Format::TorchLegacy && kind.type == ContentType::Pickle) {
        std::uint64_t end = 0;
        for (const auto& storage : checkpoint.tensors.storages())
            end = std::max(end, storage.offset + storage.storedBytes);
        context.storagesEnd = end;
    }
}

bool mayBeCheckpoint(const ContentKind& kind, const WalkedFile& file) {
    // One of the data files of a distributed checkpoint: archives in a row, which only its .metadata makes sense of.
    if (file.relativePath.ends_with(".distcp")) return false;
    switch (kind.type) {
        case ContentType::Zip:
        case ContentType::Npy:
        case ContentType::Pickle:
            return true;
        case ContentType::Data:
            return kind.what == "safetensors" || kind.what == "GGUF";
        default:
            return false;
    }
}

ScannedFile scanFile(const WalkedFile& walked, const ReadOptions& read) {
    ScannedFile file;
    file.path = isAddress(walked.path) ? withoutCredentials(walked.path) : walked.path;
    file.relativePath = walked.relativePath;
    file.bytes = walked.bytes;
    ScanContext context(file, read.stop);
    const Region none{{}, {walked.relativePath, {}, 0, false}, 0};
    if (!walked.unusual.empty()) {
        context.skip(none.place, walked.unusual + ", which is not read");
        return file;
    }
    const auto mapping = MappedFile::open(walked.path, read);
    if (!mapping) {
        file.unreadable = mapping.error();
        return file;
    }
    const Region whole{(*mapping)->bytes(), none.place, 0};
    file.bytes = whole.bytes.size();
    const ContentKind kind = contentKind(whole.bytes);
    file.content = kind.what;
    if (mayBeCheckpoint(kind, walked)) lookAsCheckpoint(context, kind, file, read);
    if (kind.type == ContentType::Text && isCodeName(walked.relativePath))
        context.find(rules::kCode, whole.place, "program code beside the checkpoint");
    scanContent(context, whole, hasPickleSuffix(walked.relativePath) ? Role::Pickle : Role::File);
    if (kind.type == ContentType::Data && mayBeCheckpoint(kind, walked) && file.pickles == 0)
        context.find(rules::kNoPickle, whole.place, fmt::format("{}: no pickle inside", kind.what));
    if (auto fault = (*mapping)->fault(); !fault) file.unreadable = std::move(fault.error());
    return file;
}

// An index stands for the files that it names as well.
void addShards(const std::string& path, std::vector<WalkedFile>& files, const ReadOptions& read) {
    const auto mapping = MappedFile::open(path, read);
    if (!mapping || !looksLikeIndex((*mapping)->bytes())) return;
    Checkpoint scratch;
    FileBeingRead file{scratch, scratch.values, {}, {}, {}};
    const auto index = readIndex(file, (*mapping)->bytes());
    if (!index) return;
    for (const auto& shard : index->shards) {
        // What opening the index refuses is told there.
        const auto place = placeOfShard(path, shard);
        if (!place) continue;
        if (isAddress(path)) {
            files.push_back({*place, shard, 0, {}});
            continue;
        }
        std::error_code missing;
        const auto bytes = std::filesystem::file_size(*place, missing);
        files.push_back({*place, shard, missing ? 0 : bytes, {}});
    }
}

}  // namespace

Result<ScanReport> scan(const std::string& path, ProgressSink& progress, const std::stop_token& stop,
                        ReadOptions read) {
    read.stop = stop;
    TRY(auto files, walkFiles(path));
    if (files.size() == 1 && files.front().path == path) addShards(path, files, read);
    std::uint64_t total = 0;
    for (const auto& file : files) total += file.bytes;
    progress.announce(total);
    ScanReport report;
    for (const auto& file : files) {
        if (stop.stop_requested()) return cancelled();
        report.files.push_back(scanFile(file, read));
        if (stop.stop_requested()) return cancelled();
        progress.advance(file.bytes);
    }
    return report;
}

}  // namespace plimsoll
