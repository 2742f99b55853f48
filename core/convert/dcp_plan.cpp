// SPDX-License-Identifier: GPL-3.0-or-later
#include "convert/dcp_plan.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>
#include <simdjson.h>

#include "base/checked.h"
#include "convert/aliases.h"
#include "convert/flat_state.h"
#include "convert/plain_entry.h"
#include "convert/refusals.h"
#include "convert/shards.h"
#include "convert/stop_check.h"
#include "convert/tensor_archive.h"

namespace plimsoll {

namespace {

// Records lie at multiples of this in an archive; archives do in a file, so that they still do there.
constexpr std::uint64_t kAlignment = 64;

// Puts an archive behind what the file has. Answers where it starts.
std::uint64_t append(PlannedFile& file, PlannedFile archive) {
    const auto base = file.bytes;
    const auto padding = alignUp(archive.bytes, kAlignment) - archive.bytes;
    // An archive ends with its directory. Behind one that is made again the file has its zeros anyway.
    if (!archive.blobs.empty()) archive.blobs.back().bytes.resize(archive.blobs.back().bytes.size() + padding);
    for (auto& blob : archive.blobs) {
        blob.offset += base;
        file.blobs.push_back(std::move(blob));
    }
    for (auto& part : archive.archives) {
        part.offset += base;
        part.record += static_cast<std::uint32_t>(file.records.size());
        file.archives.push_back(part);
    }
    for (const auto& number : archive.numbers) file.numbers.push_back({number.offset + base, number.value});
    for (auto& record : archive.records) {
        record.destinationOffset += base;
        for (auto& place : record.crcPlaces) place += base;
        file.records.push_back(std::move(record));
    }
    file.bytes = base + archive.bytes + padding;
    return base;
}

class DcpPlanner {
public:
    DcpPlanner(const Checkpoint& source, const Selection& selection, const Recipe& recipe, const ValueTree& tree,
               const std::stop_token& stop)
        : source_(source), selection_(selection), recipe_(recipe), tree_(tree), stop_(stop) {}

    Result<DcpPlan> run(std::vector<FlatItem> items) {
        if (items.empty()) return fail(Errc::Usage, "there is no entry to write");
        items_ = std::move(items);
        entries_.resize(items_.size());
        archives_.resize(items_.size());
        for (std::size_t i = 0; i < items_.size(); ++i) {
            entries_[i].name = std::move(items_[i].name);
            entries_[i].path = std::move(items_[i].path);
        }
        TRY_VOID(planTensors());
        for (std::uint32_t i = 0; i < items_.size(); ++i)
            if (items_[i].value.kind != ValueKind::Tensor) TRY_VOID(planObject(i));
        TRY_VOID(fillFiles());
        shareAliases();
        const auto metadata = dcpMetadata(entries_);
        PlannedFile file;
        file.path = recipe_.destination + "/.metadata";
        file.bytes = metadata.size();
        file.blobs.push_back({0, metadata});
        plan_.files.push_back(std::move(file));
        return std::move(plan_);
    }

private:
    Result<void> planTensors() {
        for (std::uint32_t i = 0; i < items_.size(); ++i)
            if (items_[i].value.kind == ValueKind::Tensor) itemOfPick_.push_back(i);
        plan_.names.reserve(itemOfPick_.size());
        for (const auto item : itemOfPick_) {
            const auto id = tree_.tensor(items_[item].value);
            plan_.picks.push_back({id, plan_.names.emplace_back(entries_[item].name), selection_.to[id.index()]});
        }
        aliases_ = findAliases(source_, plan_.picks);
        Refusals refusals;
        for (std::uint32_t i = 0; i < plan_.picks.size(); ++i) {
            if (stop_.stopped()) return cancelled();
            auto entry = plainEntry(source_, plan_.picks[i]);
            if (!entry) {
                TRY_VOID(refusals.add(std::move(entry.error()), plan_.picks[i].name));
                continue;
            }
            entries_[itemOfPick_[i]].tensor =
                DcpEntry::Tensor{torchDType(entry->record.to), entry->shape, entry->requiresGrad};
            if (!std::ranges::binary_search(aliases_.kept, i)) continue;
            TRY(auto archive, tensorArchive(std::move(*entry), ArchiveUse::Part));
            archives_[itemOfPick_[i]] = describedArchive(std::move(archive), ArchiveUse::Part);
            kept_.push_back(itemOfPick_[i]);
        }
        return refusals.result();
    }

    // What is no tensor is pickled, with the tensors that lie in it.
    Result<void> planObject(std::uint32_t item) {
        if (stop_.stopped()) return cancelled();
        TRY(auto made, objectArchive(source_, tree_, items_[item].value, selection_.to, ArchiveUse::Part));
        archives_[item] = std::move(made.file);
        std::ranges::move(made.notes, std::back_inserter(plan_.notes));
        plan_.picks.insert(plan_.picks.end(), made.picks.begin(), made.picks.end());
        kept_.push_back(item);
        return {};
    }

    Result<void> fillFiles() {
        std::ranges::sort(kept_);
        std::vector<ShardUnit> units;
        for (const auto item : kept_) units.push_back({alignUp(archives_[item].bytes, kAlignment), {item}});
        std::vector<std::vector<std::uint32_t>> shards{kept_};
        if (recipe_.shardCount) {
            TRY(shards, splitIntoCount(units, *recipe_.shardCount));
        } else if (recipe_.maxShardBytes) {
            shards = splitIntoShards(units, *recipe_.maxShardBytes);
        }
        for (const auto& shard : shards) {
            const auto name = dcpFileName(plan_.files.size());
            auto& file = plan_.files.emplace_back();
            file.path = fmt::format("{}/{}", recipe_.destination, name);
            for (const auto item : shard) {
                if (stop_.stopped()) return cancelled();
                entries_[item].file = name;
                entries_[item].bytes = archives_[item].bytes;
                entries_[item].offset = append(file, std::exchange(archives_[item], {}));
            }
        }
        return {};
    }

    void shareAliases() {
        for (const auto& [left, kept] : aliases_.others) {
            auto& entry = entries_[itemOfPick_[left]];
            const auto& same = entries_[itemOfPick_[kept]];
            entry.file = same.file;
            entry.offset = same.offset;
            entry.bytes = same.bytes;
            plan_.notes.push_back(
                fmt::format("'{}' is the same tensor as '{}' and is written once", entry.name, same.name));
        }
    }

    const Checkpoint& source_;
    const Selection& selection_;
    const Recipe& recipe_;
    const ValueTree& tree_;
    StopCheck stop_;
    std::vector<FlatItem> items_;
    std::vector<DcpEntry> entries_;      // as items_
    std::vector<PlannedFile> archives_;  // as items_; empty for aliases
    std::vector<std::uint32_t> itemOfPick_;
    std::vector<std::uint32_t> kept_;  // items with an archive
    Aliases aliases_;
    DcpPlan plan_;
};

}  // namespace

Result<DcpPlan> planDcpNested(const Checkpoint& source, const Selection& selection, const Recipe& recipe,
                              const ValueTree& tree, Value root, const std::stop_token& stop) {
    TRY(auto state, flattenState(tree, root));
    TRY(auto plan, DcpPlanner(source, selection, recipe, tree, stop).run(std::move(state.items)));
    plan.dropped = std::move(state.dropped);
    return plan;
}

Result<DcpPlan> planDcpFlat(const Checkpoint& source, const Selection& selection, const Recipe& recipe,
                            const std::stop_token& stop) {
    std::vector<FlatItem> items;
    for (const auto& pick : selection.picks) {
        if (!simdjson::validate_utf8(pick.name))
            return fail(Errc::Unsupported,
                        fmt::format("'{}' is no UTF-8 and cannot be the name of an entry", pick.name));
        items.push_back({std::string(pick.name), {std::string(pick.name)}, ValueTree::tensorRef(pick.id)});
    }
    return DcpPlanner(source, selection, recipe, source.values, stop).run(std::move(items));
}

}  // namespace plimsoll
