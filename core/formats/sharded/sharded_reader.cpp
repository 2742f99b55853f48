// SPDX-License-Identifier: GPL-3.0-or-later
#include "formats/sharded/sharded_reader.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <set>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "checkpoint/name_index.h"
#include "checkpoint/words.h"
#include "formats/file_set.h"
#include "formats/name_list.h"
#include "formats/sharded/index.h"
#include "formats/torch_pickle/tensor_call.h"
#include "io/address.h"

namespace plimsoll {

namespace {

class ShardedReader {
public:
    ShardedReader(FileBeingRead& file, const ShardIndex& index, std::string indexPath)
        : file_(file), index_(index), indexPath_(std::move(indexPath)) {}

    Result<Format> read() {
        std::size_t readable = 0;
        Error firstError;
        const auto onlyEntry = onlyEntries();
        for (std::size_t i = 0; i < index_.shards.size(); ++i) {
            if (file_.stop.stop_requested()) return cancelled();
            const auto mark = file_.checkpoint.tensors.mark();
            const auto shard = readShard(index_.shards[i]);
            if (shard && onlyEntry[i] != nullptr) nameTensor(*onlyEntry[i], mark, *shard);
            broken_.push_back(!shard);
            if (shard) {
                if (readable++ == 0) first_ = shard->format;
            } else if (endsAll(shard.error())) {
                return fail(shard.error());
            } else if (firstError.what.empty()) {
                firstError = shard.error();
            }
        }
        if (readable == 0) return fail(std::move(firstError));
        compare();
        compareSize();
        if (unnamed_ == readable) return Format::Tensors;
        return first_ == Format::Safetensors ? Format::SafetensorsIndex : Format::PytorchIndex;
    }

private:
    // What is not a file at all is no shard that got lost, and a server that is gone is no reason to ask it for more.
    static bool endsAll(const Error& error) {
        return error.code == Errc::Usage || error.code == Errc::Cancelled || error.code == Errc::Network;
    }

    [[nodiscard]] std::string indexName() const {
        return isAddress(indexPath_) ? fileNameOfAddress(indexPath_)
                                     : std::filesystem::path(indexPath_).filename().string();
    }

    // Per shard, the entry that it has to itself; nullptr where it holds several.
    std::vector<const ShardIndex::Entry*> onlyEntries() const {
        std::vector<const ShardIndex::Entry*> only(index_.shards.size());
        std::vector<bool> seen(index_.shards.size());
        for (const auto& entry : index_.entries) {
            only[entry.shard] = seen[entry.shard] ? nullptr : &entry;
            seen[entry.shard] = true;
        }
        return only;
    }

    struct Shard {
        Format format;
        bool ofParts;  // the file is one tensor, and its rows are what that is made of
    };

    // A file that is one tensor has no name for it: the index has.
    void nameTensor(const ShardIndex::Entry& entry, const TensorTable::Mark& before, const Shard& shard) {
        TensorTable& table = file_.checkpoint.tensors;
        const TensorId id(static_cast<std::uint32_t>(before.tensors));
        if (shard.ofParts) {
            prefixNames(table, before, entry.name);
            ++unnamed_;
            return;
        }
        if (table.size() != before.tensors + 1 || !table.name(id).empty()) return;
        table.rename(id, entry.name, TensorTable::Name::Point);
        ++unnamed_;
    }

    Result<Shard> readShard(const std::string& name) {
        TRY(const std::string path, placeOfShard(indexPath_, name));
        if (name == indexName())
            return fail(
                {Errc::Usage, kNoOffset, fmt::format("the index names itself, {}, as a shard", inQuotes(name)), {}});
        std::error_code ignored;
        const auto status = isAddress(path) ? std::filesystem::file_status() : std::filesystem::status(path, ignored);
        if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status))
            return fail(
                {Errc::Usage, kNoOffset, fmt::format("the index's shard {} is no regular file", inQuotes(name)), {}});
        Checkpoint& checkpoint = file_.checkpoint;
        const auto mark = checkpoint.tensors.mark();
        const std::size_t warnings = checkpoint.warnings.size();
        const std::size_t files = checkpoint.files.size();
        // A shard's own structure is of no use: the tensors of all shards together are the checkpoint. But names may
        // point to texts that its tree unescaped.
        const auto values = std::make_shared<ValueTree>();
        FileBeingRead shard{checkpoint, *values, {}, file_.stop, name + ": ", file_.read, file_.rest};
        auto format = readFile(shard, path, name);
        if (format) {
            checkpoint.regions.push_back(values);
            return Shard{*format, isTensorOfParts(*values, values->root())};
        }
        checkpoint.tensors.rollBack(mark);
        checkpoint.warnings.resize(warnings);
        checkpoint.files.resize(files);
        checkpoint.files.push_back({isAddress(path) ? withoutCredentials(path) : path, name, 0, nullptr});
        reasons_.push_back(describe({format.error().code, format.error().offset, format.error().what, {}}, name));
        return fail(std::move(format.error()));
    }

    // The index against what the shards hold, both ways.
    void compare() {
        const TensorTable& table = file_.checkpoint.tensors;
        NameIndex names(table);
        NameList twice;
        for (std::uint32_t i = 0; i < table.size(); ++i)
            if (names.insert(TensorId(i)).valid()) twice.add(table.name(TensorId(i)));
        std::vector<bool> indexed(table.size());
        std::vector<NameList> missing(index_.shards.size());
        NameList elsewhere;
        NameList listedTwice;
        std::vector<const ShardIndex::Entry*> absent;
        for (const auto& entry : index_.entries) {
            const TensorId id = names.find(entry.name);
            if (!id.valid()) {
                absent.push_back(&entry);
                continue;
            }
            if (indexed[id.index()]) listedTwice.add(entry.name);
            indexed[id.index()] = true;
            const std::uint32_t shard = table.storage(id).file.index();
            if (shard != entry.shard) elsewhere.add(entry.name);
        }
        const auto made = entriesOfParts(names, absent, indexed);
        for (const auto* entry : absent)
            if (!made.contains(entry)) missing[entry->shard].add(entry->name);
        std::vector<NameList> extra(index_.shards.size());
        for (std::uint32_t i = 0; i < table.size(); ++i)
            if (!indexed[i] && names.find(table.name(TensorId(i))) == TensorId(i))
                extra[table.storage(TensorId(i)).file.index()].add(table.name(TensorId(i)));
        warnOfShards(missing, extra);
        warn(twice, "are in more than one shard");
        warn(listedTwice, "are named twice by the index");
        warn(elsewhere, "lie in another shard than the index says");
    }

    static bool isQuantizedByScales(DType dtype) noexcept {
        return dtype == DType::QI8 || dtype == DType::QU8 || dtype == DType::QI32 || dtype == DType::QU4X2 ||
               dtype == DType::QU2X4;
    }

    // A sparse or quantized tensor has one name in the index, its parts have a row each: NAME.indices, NAME.scales.
    // Answers the entries of which there are parts in their shard, and marks those as indexed.
    std::unordered_set<const ShardIndex::Entry*> entriesOfParts(const NameIndex& names,
                                                                const std::vector<const ShardIndex::Entry*>& absent,
                                                                std::vector<bool>& indexed) const {
        const TensorTable& table = file_.checkpoint.tensors;
        std::unordered_map<std::string_view, const ShardIndex::Entry*> byName;
        for (const auto* entry : absent) byName.emplace(entry->name, entry);
        std::unordered_set<const ShardIndex::Entry*> made;
        for (std::uint32_t i = 0; i < table.size(); ++i) {
            if (indexed[i]) continue;
            const auto name = table.name(TensorId(i));
            const auto dot = name.rfind('.');
            if (dot == std::string_view::npos) continue;
            const auto shard = table.storage(TensorId(i)).file;
            const auto whole = names.find(name.substr(0, dot));
            const auto found = byName.find(name.substr(0, dot));
            if (found != byName.end() && shard.index() == found->second->shard) {
                indexed[i] = true;
                made.insert(found->second);
            } else if (whole.valid() && isQuantizedByScales(table.dtype(whole)) && indexed[whole.index()]) {
                indexed[i] = table.storage(whole).file == shard;
            }
        }
        return made;
    }

    void warnOfShards(const std::vector<NameList>& missing, const std::vector<NameList>& extra) {
        std::size_t reason = 0;
        for (std::size_t i = 0; i < index_.shards.size(); ++i) {
            if (broken_[i]) {
                file_.warn(fmt::format("{}; without it {} tensors are missing: {}", reasons_[reason++],
                                       missing[i].count(), missing[i].text()));
                continue;
            }
            warn(missing[i], fmt::format("are not in {}, where the index has them", index_.shards[i]));
            warn(extra[i], fmt::format("are in {}, but not in the index", index_.shards[i]));
        }
    }

    void warn(const NameList& names, std::string_view what) {
        if (names.count() > 0) file_.warn(fmt::format("tensors {}: {}", what, names.text()));
    }

    // metadata.total_size counts tensors, and a storage that several share once or several times, depending on who
    // wrote it.
    void compareSize() {
        const auto root = file_.values.root();
        const auto total = root.kind == ValueKind::Dict ? file_.values.find(root, "total_size") : std::nullopt;
        if (!total) return;
        const bool incomplete = std::ranges::find(broken_, true) != broken_.end();
        if (total->kind != ValueKind::Int && total->kind != ValueKind::Float)
            return file_.warn(
                fmt::format("the index's total_size is {} (expected a number)", repr(file_.values, *total)));
        if (incomplete) return;
        const TensorTable& table = file_.checkpoint.tensors;
        std::uint64_t once = 0;
        std::set<std::pair<std::uint32_t, std::uint64_t>> seen;
        for (std::uint32_t i = 0; i < table.size(); ++i) {
            const TensorId id(i);
            const Storage& storage = table.storage(id);
            if (seen.emplace(storage.file.value, storage.offset + table.storageOffsetElems(id)).second)
                once += table.nbytes(id);
        }
        const auto said = total->kind == ValueKind::Int ? static_cast<std::uint64_t>(file_.values.asInt(*total))
                                                        : static_cast<std::uint64_t>(file_.values.asFloat(*total));
        if (said != table.totalBytes() && said != once)
            file_.warn(
                fmt::format("the index's total_size is {} bytes, the tensors have {}", said, table.totalBytes()));
    }

    FileBeingRead& file_;
    const ShardIndex& index_;
    std::string indexPath_;
    std::vector<bool> broken_;          // per shard
    std::vector<std::string> reasons_;  // per broken shard
    std::size_t unnamed_ = 0;           // files that are one tensor without a name
    Format first_ = Format::Safetensors;
};

}  // namespace

Result<Format> readSharded(FileBeingRead file, const std::string& indexPath,
                           const std::shared_ptr<const MappedFile>& index) {
    file.checkpoint.indexPath = index->path();
    file.keepAlive(index);
    TRY(const auto shards, readIndex(file, index->bytes()));
    return ShardedReader(file, shards, indexPath).read();
}

}  // namespace plimsoll
