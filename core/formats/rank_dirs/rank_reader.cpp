// SPDX-License-Identifier: GPL-3.0-or-later
#include "formats/rank_dirs/rank_reader.h"

#include <array>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "formats/torch_pickle/plain_pickle.h"
#include "formats/torch_pickle/tensor_call.h"

namespace plimsoll {

namespace {

struct Axis {
    std::string_view name;
    std::optional<std::uint64_t> RankOfFile::*rank;
};
constexpr std::array kAxes = {
    Axis{"tensor_parallel", &RankOfFile::tensor},
    Axis{"pipeline_parallel", &RankOfFile::pipeline},
    Axis{"data_parallel", &RankOfFile::data},
    Axis{"expert", &RankOfFile::expert},
    Axis{"layer", &RankOfFile::layer},
};

class RankReader {
public:
    RankReader(FileBeingRead& file, const RankDirectory& directory) : file_(file), directory_(directory) {}

    Result<Format> read() {
        TRY_VOID(
            readFileSet(file_, directory_.files, [this](const FileOfSet& member, TensorTable::Mark before, Format) {
                prefixNames(file_.checkpoint.tensors, before, member.name);
                learnSizes(file_.values.root());
                return Result<void>();
            }));
        const Value files = file_.values.root();
        const Value root = file_.values.dict();
        insert(root, "partition", partition());
        for (const auto& [name, value] : file_.values.pairs(files)) file_.values.insert(root, name, value);
        file_.values.setRoot(root);
        return directory_.format;
    }

private:
    void insert(Value dict, std::string_view key, Value value) {
        file_.values.insert(dict, file_.values.textCopy(ValueKind::String, key), value);
    }

    // What the files themselves say of the run: DeepSpeed's world sizes and ZeRO stage, Megatron's arguments.
    void learnSizes(Value root) {
        const ValueTree& tree = file_.values;
        const auto learn = [&](std::string_view what, std::optional<Value> value) {
            if (const auto number = value ? naturalNumber(tree, *value) : std::nullopt) said_.emplace(what, *number);
        };
        if (root.kind != ValueKind::Dict) return;
        learn("tensor_parallel", tree.find(root, "mp_world_size"));
        learn("data_parallel", tree.find(root, "dp_world_size"));
        if (const auto optimizer = tree.find(root, "optimizer_state_dict"))
            learn("zero_stage", tree.find(*optimizer, "zero_stage"));
        if (const auto arguments = tree.find(root, "args")) {
            learn("tensor_parallel", attributeOf(tree, *arguments, "tensor_model_parallel_size"));
            learn("pipeline_parallel", attributeOf(tree, *arguments, "pipeline_model_parallel_size"));
        }
    }

    // How many parts there are along each axis, where each file lies on them, and which parts are missing.
    Value partition() {
        const Value result = file_.values.dict();
        insert(result, "tag", file_.values.textCopy(ValueKind::String, directory_.tag));
        if (const auto stage = said_.find("zero_stage"); stage != said_.end())
            insert(result, "zero_stage", ValueTree::integer(static_cast<std::int64_t>(stage->second)));
        for (const auto& axis : kAxes) {
            std::set<std::uint64_t> present;
            for (const auto& rank : directory_.ranks)
                if (const auto index = rank.*axis.rank) present.insert(*index);
            if (present.empty()) continue;
            const auto said = said_.find(axis.name);
            const std::uint64_t seen = *present.rbegin() + 1;
            const std::uint64_t count = said == said_.end() ? seen : std::max(said->second, seen);
            insert(result, axis.name, ValueTree::integer(static_cast<std::int64_t>(count)));
            warnOfGaps(axis, present, count);
        }
        const Value ranks = file_.values.dict();
        for (std::size_t i = 0; i < directory_.files.size(); ++i)
            insert(ranks, directory_.files[i].relativePath, rankValue(directory_.ranks[i]));
        insert(result, "files", ranks);
        return result;
    }

    Value rankValue(const RankOfFile& rank) {
        const Value result = file_.values.dict();
        for (const auto& axis : kAxes)
            if (const auto index = rank.*axis.rank)
                insert(result, axis.name, ValueTree::integer(static_cast<std::int64_t>(*index)));
        return result;
    }

    // Layers and experts lie with one rank or the other; the other axes have a file for each part.
    void warnOfGaps(const Axis& axis, const std::set<std::uint64_t>& present, std::uint64_t count) {
        constexpr std::size_t kShown = 20;
        if (axis.name == "layer" || axis.name == "expert" || present.size() >= count) return;
        std::vector<std::uint64_t> missing;
        for (std::uint64_t index = 0; index < count && missing.size() < kShown; ++index)
            if (!present.contains(index)) missing.push_back(index);
        file_.warn(fmt::format("{} of {} parts along {} are missing: rank {}{}", count - present.size(), count,
                               axis.name, fmt::join(missing, ", "),
                               count - present.size() > kShown ? " and more" : ""));
    }

    FileBeingRead& file_;
    const RankDirectory& directory_;
    std::map<std::string_view, std::uint64_t> said_;
};

}  // namespace

Result<Format> readRankFiles(FileBeingRead& file, const RankDirectory& directory) {
    return RankReader(file, directory).read();
}

}  // namespace plimsoll
