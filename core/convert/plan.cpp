// SPDX-License-Identifier: GPL-3.0-or-later
#include "convert/plan.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <numeric>
#include <optional>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "convert/aliases.h"
#include "convert/composites.h"
#include "convert/dcp_plan.h"
#include "convert/flat_content.h"
#include "convert/npz_layout.h"
#include "convert/plain_entry.h"
#include "convert/refusals.h"
#include "convert/safetensors_layout.h"
#include "convert/selection.h"
#include "convert/shards.h"
#include "convert/stop_check.h"
#include "convert/storage_plan.h"
#include "convert/tensor_files_plan.h"
#include "convert/tensor_parallel.h"
#include "convert/torch_layout.h"
#include "convert/value_prune.h"
#include "convert/value_walk.h"
#include "convert/work_shape.h"
#include "formats/tensors/file_names.h"

namespace plimsoll {

namespace {

using Picks = std::vector<Selection::Pick>;

class Planner {
public:
    Planner(std::shared_ptr<const Checkpoint> source, const Recipe& recipe, const std::stop_token& stop)
        : source_(*source), stop_(stop) {
        plan_.source = std::move(source);
        plan_.recipe = recipe;
        plan_.isDirectory = writesDirectory(recipe);
    }

    Result<std::uint64_t> bytesWritten() {
        onlyBytes_ = true;
        TRY(const auto plan, run());
        return plan.bytesWritten;
    }

    Result<Plan> run() {
        TRY(const auto shape, shapeWork(plan_.recipe.memoryBytes, plan_.recipe.threads));
        plan_.peakMemoryBytes = shape.memoryBytes();
        TRY(selection_, selectTensors(source_, plan_.recipe, stop_));
        if (stop_.stop_requested()) return cancelled();
        TRY_VOID(planTarget());
        finish();
        return std::move(plan_);
    }

    // Files of ranks, made of this planner's source: each rank's tensors as if they were all.
    Result<Plan> runRanks(const std::vector<Picks>& ranks, const Selection& whole) {
        TRY(const auto shape, shapeWork(plan_.recipe.memoryBytes, plan_.recipe.threads));
        plan_.peakMemoryBytes = shape.memoryBytes();
        const auto destination = plan_.recipe.destination;
        plan_.isDirectory = false;
        std::uint64_t tensors = 0;
        for (std::size_t rank = 0; rank < ranks.size(); ++rank) {
            if (stop_.stop_requested()) return cancelled();
            selection_ = Selection{};
            selection_.picks = ranks[rank];
            selection_.root = source_.values.root();
            selection_.kept.assign(source_.tensors.size(), true);
            plan_.recipe.destination =
                fmt::format("{}/{}/{}", destination, rankName(rank), shardName(plan_.recipe.target, 0, 1));
            // What is said of one rank is said of all.
            plan_.casts.clear();
            plan_.dropped.clear();
            plan_.notes.clear();
            TRY_VOID(plan_.recipe.target == Target::Safetensors ? planSafetensors() : planFlatTorch());
            tensors += std::exchange(plan_.tensors, 0);
        }
        plan_.recipe.destination = destination;
        plan_.isDirectory = true;
        plan_.tensors = tensors;
        selection_.dropped = whole.dropped;
        selection_.notes = whole.notes;
        finish();
        return std::move(plan_);
    }

private:
    // What reads an archive of arrays or an index takes one without any for broken.
    [[nodiscard]] Result<void> checkNotEmpty() const {
        if (plan_.tensors != 0) return {};
        return fail(Errc::Unsupported, fmt::format("there is no tensor to write, and {} holds nothing else",
                                                   targetName(plan_.recipe.target)));
    }

    Result<void> planTarget() {
        switch (plan_.recipe.target) {
            case Target::Pth:
                return !isSharded(plan_.recipe) && keepsGraph() ? planGraph() : planFlatTorch();
            case Target::Safetensors:
                return planSafetensors();
            case Target::Tensors:
                return planTensorFiles();
            case Target::Npz:
                return planNpz();
            case Target::Dcp:
                return planDcp();
        }
        return {};
    }

    // A state_dict that is nested is written flat; everything else of a pickle stays as it is.
    [[nodiscard]] bool keepsGraph() const {
        return hasValueGraph(source_.format) && (!plan_.recipe.weightsOnly || selection_.rootIsFlat);
    }

    Result<void> planGraph() {
        TRY_VOID(chooseGraph(DenseObjects::CastLazyViews));
        const ValueTree& tree = graph();
        const Value root = graphRoot();
        if (stop_.stop_requested()) return cancelled();
        const auto reached = reachedFrom(tree, root);
        if (stop_.stop_requested()) return cancelled();

        // Mostly the graph names what was picked, in its order: a million picks are not made twice.
        const bool asPicked = std::ranges::equal(reached.tensors, selection_.picks, {}, {}, &Selection::Pick::id);
        const Picks made = asPicked ? Picks() : picksOf(reached.tensors);
        const Picks& picks = asPicked ? selection_.picks : made;
        TRY(const auto storages, planStorages(source_, picks, reached.storages, stop_));
        const TorchContent content{source_, picks, storages, stop_};
        if (onlyBytes_) {
            auto& file = plan_.files.emplace_back();
            TRY(file.bytes, torchGraphBytes(content, tree, root));
            return {};
        }
        TRY(auto file, planTorchGraph(content, tree, root, plan_.recipe.destination));
        plan_.files.push_back(std::move(file));
        addNotes(storages.notes);
        noteUntouched(reached);
        addNotes(dangersBelow(tree, root));
        plan_.tensors = countWritten(source_.tensors, selection_.picks, storages);
        addCasts(picks);
        return {};
    }

    Picks picksOf(const std::vector<TensorId>& rows) {
        Picks picks;
        picks.reserve(rows.size());
        for (const auto id : rows) picks.push_back({id, nameOf(id), selection_.to[id.index()]});
        return picks;
    }

    // The part of the value graph that is written: a copy of it where the source's own does not do.
    Result<void> chooseGraph(DenseObjects replaced) {
        // Rules may treat the two names of one tensor differently, which only a copy of the tree can express.
        const bool whole = plan_.recipe.rules.empty() && plan_.recipe.renames.empty() &&
                           std::ranges::find(selection_.kept, false) == selection_.kept.end() &&
                           !replacesObjects(replaced);
        if (whole) return {};
        TRY(pruned_, pruneTree(source_, selection_.root, selection_.rootPath, selection_.kept, selection_.to,
                               plan_.recipe.renames, replaced, stop_));
        return {};
    }
    [[nodiscard]] const ValueTree& graph() const { return pruned_ ? *pruned_ : source_.values; }
    [[nodiscard]] Value graphRoot() const { return pruned_ ? pruned_->root() : selection_.root; }

    [[nodiscard]] bool replacesObjects(DenseObjects replaced) const {
        if (replaced == DenseObjects::All)
            return std::ranges::any_of(objectsBelow(source_.values, selection_.root),
                                       [this](const Value object) { return makesDenseTensor(source_.values, object); });
        return std::ranges::any_of(selection_.picks, [this](const Selection::Pick& pick) {
            return source_.tensors.isLazyView(pick.id) && pick.to != source_.tensors.dtype(pick.id);
        });
    }

    // Rows that objects are made of (quantized tensors) have no tensor of their own in the graph to be cast.
    void noteUntouched(const Reached& reached) {
        std::vector<bool> isReached(source_.tensors.size(), false);
        for (const auto id : reached.tensors) isReached[id.index()] = true;
        const auto& whole = reached.storages;
        for (const auto& pick : selection_.picks) {
            if (!isReached[pick.id.index()] && pick.to != source_.tensors.dtype(pick.id) &&
                std::ranges::find(whole, source_.tensors.storageId(pick.id)) != whole.end())
                plan_.notes.push_back(fmt::format("'{}' is part of an object and keeps its type", pick.name));
        }
    }

    // The first name under which a row is picked; its own where it is not.
    [[nodiscard]] std::string_view nameOf(TensorId id) {
        if (names_.empty()) {
            names_.resize(source_.tensors.size());
            for (const auto& pick : selection_.picks)
                if (names_[pick.id.index()].data() == nullptr) names_[pick.id.index()] = pick.name;
        }
        const auto name = names_[id.index()];
        return name.data() == nullptr ? source_.tensors.name(id) : name;
    }

    Result<void> planFlatTorch() {
        TRY(const auto composites, takeComposites(source_, plan_.recipe, selection_, true));
        dropContent();
        TRY_VOID(checkFlatNames(namesOf(composites), plan_.isDirectory));
        // The composites' parts come behind the plain tensors.
        auto picks = selection_.picks;
        std::vector<StorageId> whole;
        for (const auto& composite : composites) {
            for (const auto id : composite.inside.tensors)
                picks.push_back({id, source_.tensors.name(id), selection_.to[id.index()]});
            whole.insert(whole.end(), composite.inside.storages.begin(), composite.inside.storages.end());
            plan_.tensors += composite.rows.size();
        }
        TRY(const auto storages, planStorages(source_, picks, whole, stop_));
        addNotes(storages.notes);
        const TorchContent torch{source_, picks, storages, stop_};
        const auto plain = static_cast<std::uint32_t>(selection_.picks.size());
        const auto members = flatMembers(composites, storages);
        const auto fileOf = [&](const std::vector<std::uint32_t>& shard, std::string path) -> Result<PlannedFile> {
            if (std::ranges::none_of(shard, [&](std::uint32_t i) { return i >= plain; }))
                return planFlatTorchFile(torch, shard, std::move(path));
            std::vector<NamedValue> entries;
            entries.reserve(shard.size());
            for (const auto i : shard)
                entries.push_back(i < plain ? NamedValue{picks[i].name, ValueTree::tensorRef(picks[i].id)}
                                            : NamedValue{composites[i - plain].name, composites[i - plain].object});
            return planTorchEntries(torch, entries, std::move(path));
        };
        TRY_VOID(layOutFiles(members, fileOf, {}));
        plan_.tensors += plain;
        addCasts(picks);
        return {};
    }

    // The plain tensors, then the composites; what several share counts for the first.
    [[nodiscard]] std::vector<ShardMember> flatMembers(const std::vector<Composite>& composites,
                                                       const StoragePlan& storages) const {
        std::vector<std::uint64_t> bytes(storages.storages.size());
        std::ranges::transform(storages.storages, bytes.begin(), outputBytes);
        const auto bytesOfPick = [&](std::size_t i) { return std::exchange(bytes[storages.views[i].storage], 0); };
        std::vector<ShardMember> members;
        const auto plain = static_cast<std::uint32_t>(selection_.picks.size());
        for (std::uint32_t i = 0; i < plain; ++i) members.push_back(memberOf(i, bytesOfPick(i)));
        std::size_t part = plain;
        for (const auto& composite : composites) {
            const auto storage = source_.tensors.storageId(composite.rows.front()).value;
            auto& member = members.emplace_back(
                ShardMember{static_cast<std::uint32_t>(members.size()), composite.name, storage, 0});
            for (std::size_t i = 0; i < composite.inside.tensors.size(); ++i) member.bytes += bytesOfPick(part++);
            for (const auto& [id, index] : storages.whole)
                if (std::ranges::find(composite.inside.storages, id) != composite.inside.storages.end())
                    member.bytes += std::exchange(bytes[index], 0);
        }
        return members;
    }

    Result<void> planSafetensors() {
        TRY_VOID(takeComposites(source_, plan_.recipe, selection_, false));
        auto content = plainContent();
        auto& metadata = content.metadata;
        // A checkpoint's own "format" is not safetensors' word for the framework.
        if (hasValueGraph(source_.format) && metadata.contains("format"))
            plan_.dropped.push_back("format: " + metadata.extract("format").mapped());
        metadata.emplace("format", "pt");
        const auto& picks = selection_.picks;
        const auto aliases = findAliases(source_, picks);
        for (const auto& [other, kept] : aliases.others) {
            metadata.insert_or_assign(std::string(picks[other].name), picks[kept].name);
            plan_.notes.push_back(fmt::format("'{}' is the same tensor as '{}' and is written once", picks[other].name,
                                              picks[kept].name));
        }
        TRY(auto entries, safetensorsEntries(aliases.kept));
        const bool single = !plan_.isDirectory;
        std::vector<ShardMember> members;
        members.reserve(aliases.kept.size());
        for (const auto i : aliases.kept) members.push_back(memberOf(i, entries[i].record.destinationBytes));
        const auto fileOf = [&](const std::vector<std::uint32_t>& shard, std::string path) {
            std::vector<SafetensorsEntry> inShard;
            inShard.reserve(shard.size());
            for (const auto i : shard) inShard.push_back(std::move(entries[i]));
            // As huggingface_hub does: what is said of the whole stands in the index, not in every shard.
            const bool whole = single || shard.size() == aliases.kept.size();
            return layoutSafetensors(std::move(path), std::move(inShard),
                                     whole ? metadata : std::map<std::string, std::string>{{"format", "pt"}});
        };
        if (!single) TRY_VOID(checkFlatNames(namesOfPicks(), plan_.isDirectory));
        TRY_VOID(layOutFiles(members, fileOf, metadata));
        plan_.tensors = aliases.kept.size();
        Picks written;
        for (const auto i : aliases.kept) written.push_back(picks[i]);
        addCasts(written);
        return {};
    }

    // By index of the picks; only those of `kept` are filled.
    Result<std::vector<SafetensorsEntry>> safetensorsEntries(const std::vector<std::uint32_t>& kept) const {
        const auto& picks = selection_.picks;
        std::vector<SafetensorsEntry> entries(picks.size());
        StopCheck check(stop_);
        Refusals refusals;
        for (const auto i : kept) {
            if (check.stopped()) return cancelled();
            auto entry = safetensorsEntry(source_, picks[i]);
            if (entry)
                entries[i] = std::move(*entry);
            else
                TRY_VOID(refusals.add(std::move(entry.error()), picks[i].name));
        }
        TRY_VOID(refusals.result());
        return entries;
    }

    Result<void> planTensorFiles() {
        TRY(const auto composites, takeComposites(source_, plan_.recipe, selection_, true));
        const auto content = plainContent();
        TRY_VOID(checkFlatNames(namesOf(composites), plan_.isDirectory));
        TRY(auto entries, plainEntries(source_, selection_.picks, stop_));
        const auto& destination = plan_.recipe.destination;
        TRY(auto made,
            plimsoll::planTensorFiles(source_, selection_, std::move(entries), composites, destination, stop_));
        plan_.files = std::move(made.files);
        plan_.indexPath = fmt::format("{}/{}", destination, kTensorsIndexName);
        plan_.indexJson = indexJson(made.tensorBytes, content.metadata, made.fileOfTensor);
        plan_.tensors = selection_.picks.size();
        for (const auto& composite : composites) plan_.tensors += composite.rows.size();
        addNotes(made.notes);
        addCasts(selection_.picks);
        addCasts(made.parts);
        return checkNotEmpty();
    }

    Result<void> planNpz() {
        TRY_VOID(takeComposites(source_, plan_.recipe, selection_, false));
        dropContent();
        TRY(auto entries, plainEntries(source_, selection_.picks, stop_));
        TRY(auto file, layoutNpz(plan_.recipe.destination, std::move(entries)));
        plan_.files.push_back(std::move(file));
        plan_.tensors = selection_.picks.size();
        addCasts(selection_.picks);
        return checkNotEmpty();
    }

    Result<void> planDcp() {
        DcpPlan dcp;
        if (hasValueGraph(source_.format)) {
            TRY_VOID(chooseGraph(DenseObjects::All));
            TRY(dcp, planDcpNested(source_, selection_, plan_.recipe, graph(), graphRoot(), stop_));
            noteUntouched(reachedFrom(graph(), graphRoot()));
            addNotes(dangersBelow(graph(), graphRoot()));
        } else {
            dropContent();
            TRY_VOID(checkFlatNames(namesOfPicks(), plan_.isDirectory));
            TRY(dcp, planDcpFlat(source_, selection_, plan_.recipe, stop_));
        }
        plan_.files = std::move(dcp.files);
        std::ranges::move(dcp.dropped, std::back_inserter(plan_.dropped));
        addNotes(dcp.notes);
        plan_.tensors = selection_.picks.size();
        addCasts(dcp.picks);
        return {};
    }

    // Where the target has a place for texts.
    FlatContent plainContent() {
        auto content = flattenContent(source_, selection_);
        std::ranges::move(content.dropped, std::back_inserter(plan_.dropped));
        return content;
    }

    // Where it has none for texts.
    void dropContent() {
        auto content = flattenContent(source_, selection_);
        // safetensors' word for the framework says nothing in a file of that framework.
        if (!hasValueGraph(source_.format)) content.metadata.erase("format");
        for (const auto& [name, value] : content.metadata) plan_.dropped.push_back(fmt::format("{}: {}", name, value));
        std::ranges::move(content.dropped, std::back_inserter(plan_.dropped));
    }

    // One file, or shards and their index.
    using FileOf = std::function<Result<PlannedFile>(const std::vector<std::uint32_t>& shard, std::string path)>;
    Result<void> layOutFiles(const std::vector<ShardMember>& members, const FileOf& fileOf,
                             std::map<std::string, std::string> metadata) {
        const auto& recipe = plan_.recipe;
        if (!plan_.isDirectory) {
            std::vector<std::uint32_t> all(members.size());
            std::ranges::transform(members, all.begin(), &ShardMember::index);
            TRY(auto file, fileOf(all, recipe.destination));
            plan_.files.push_back(std::move(file));
            return {};
        }
        TRY(const auto shards, divideIntoShards(members, recipe));
        std::unordered_map<std::uint32_t, std::string_view> nameOf;
        std::uint64_t total = 0;
        for (const auto& member : members) {
            nameOf.emplace(member.index, member.name);
            total += member.bytes;
        }
        std::map<std::string, std::string> fileOfTensor;
        for (std::size_t s = 0; s < shards.size(); ++s) {
            if (stop_.stop_requested()) return cancelled();
            const auto name = shardName(recipe.target, s, shards.size());
            for (const auto i : shards[s]) fileOfTensor.emplace(nameOf.at(i), name);
            TRY(auto file, fileOf(shards[s], recipe.destination + "/" + name));
            plan_.files.push_back(std::move(file));
        }
        if (shards.size() == 1) return {};
        metadata.erase("format");
        plan_.indexPath = recipe.destination + "/" + indexName(recipe.target);
        plan_.indexJson = indexJson(total, metadata, fileOfTensor);
        return {};
    }

    [[nodiscard]] ShardMember memberOf(std::uint32_t pick, std::uint64_t bytes) const {
        const auto& [id, name, to] = selection_.picks[pick];
        return {pick, name, source_.tensors.storageId(id).value, bytes};
    }

    [[nodiscard]] std::vector<std::string_view> namesOfPicks() const {
        std::vector<std::string_view> names(selection_.picks.size());
        std::ranges::transform(selection_.picks, names.begin(), &Selection::Pick::name);
        return names;
    }

    // Of everything that is written.
    [[nodiscard]] std::vector<std::string_view> namesOf(const std::vector<Composite>& composites) const {
        auto names = namesOfPicks();
        for (const auto& composite : composites) names.push_back(composite.name);
        return names;
    }

    void addNotes(const std::vector<std::string>& notes) {
        plan_.notes.insert(plan_.notes.end(), notes.begin(), notes.end());
    }

    void addCasts(const Picks& picks) {
        for (const auto& pick : picks) {
            const auto from = source_.tensors.dtype(pick.id);
            if (from != pick.to)
                plan_.casts.push_back({std::string(pick.name), from, pick.to, castLoses(from, pick.to)});
        }
    }

    void finish() {
        plan_.dropped.insert(plan_.dropped.begin(), selection_.dropped.begin(), selection_.dropped.end());
        plan_.notes.insert(plan_.notes.begin(), selection_.notes.begin(), selection_.notes.end());
        plan_.bytesWritten = plan_.indexJson.size();
        for (const auto& file : plan_.files) {
            plan_.bytesWritten += file.bytes;
            for (const auto& record : file.records) plan_.bytesRead += sourceBytes(record);
        }
    }

    const Checkpoint& source_;
    const std::stop_token& stop_;
    Plan plan_;
    Selection selection_;
    std::optional<ValueTree> pruned_;
    std::vector<std::string_view> names_;  // per row, once one is asked for
    bool onlyBytes_ = false;
};

Result<Plan> planTensorParallel(const std::shared_ptr<const Checkpoint>& source, const Recipe& recipe,
                                const std::stop_token& stop) {
    TRY(auto selection, selectTensors(*source, recipe, stop));
    TRY_VOID(takeComposites(*source, recipe, selection, false));
    auto content = flattenContent(*source, selection);
    std::ranges::move(content.dropped, std::back_inserter(selection.dropped));
    if (hasValueGraph(source->format)) content.metadata.erase("format");
    TRY(const auto split, splitTensorParallel(source, selection, recipe, content.metadata));
    selection.notes.push_back(fmt::format("each of {} ranks: {} {} cut, {} replicated", recipe.tpRanks, split.cut,
                                          split.cut == 1 ? "tensor is" : "tensors are", split.replicated));
    return Planner(split.checkpoint, recipe, stop).runRanks(split.ranks, selection);
}

}  // namespace

Result<Plan> planConversion(std::shared_ptr<const Checkpoint> source, const Recipe& recipe,
                            const std::stop_token& stop) {
    TRY_VOID(checkRecipe(recipe));
    if (recipe.tpRanks != 0) return planTensorParallel(source, recipe, stop);
    return Planner(std::move(source), recipe, stop).run();
}

Result<std::uint64_t> plannedBytes(std::shared_ptr<const Checkpoint> source, const Recipe& recipe,
                                   const std::stop_token& stop) {
    TRY_VOID(checkRecipe(recipe));
    if (recipe.tpRanks == 0) return Planner(std::move(source), recipe, stop).bytesWritten();
    TRY(const auto plan, planTensorParallel(source, recipe, stop));
    return plan.bytesWritten;
}

}  // namespace plimsoll
