// SPDX-License-Identifier: GPL-3.0-or-later
#include "convert/shards.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/glob.h"
#include "formats/dcp/dcp_globals.h"
#include "formats/tensors/file_names.h"

namespace plimsoll {

namespace {

std::string_view stem(Target target) noexcept {
    return target == Target::Safetensors ? "model" : "pytorch_model";
}

std::string_view suffix(Target target) noexcept {
    return target == Target::Safetensors ? "safetensors" : "bin";
}

}  // namespace

std::vector<std::vector<std::uint32_t>> splitIntoShards(std::span<const ShardUnit> units, std::uint64_t maxBytes) {
    std::vector<std::vector<std::uint32_t>> shards;
    std::vector<std::uint32_t> open;
    std::uint64_t openBytes = 0;
    const auto append = [](std::vector<std::uint32_t>& to, const ShardUnit& unit) {
        to.insert(to.end(), unit.members.begin(), unit.members.end());
    };
    for (const auto& unit : units) {
        if (unit.bytes > maxBytes) {
            append(shards.emplace_back(), unit);
            continue;
        }
        if (unit.bytes > maxBytes - openBytes) {
            shards.push_back(std::exchange(open, {}));
            openBytes = 0;
        }
        append(open, unit);
        openBytes += unit.bytes;
    }
    if (!open.empty()) shards.push_back(std::move(open));
    for (auto& shard : shards) std::ranges::sort(shard);
    return shards;
}

Result<std::vector<std::vector<std::uint32_t>>> splitIntoCount(std::span<const ShardUnit> units, std::uint64_t count) {
    if (count > units.size())
        return fail(Errc::Usage, fmt::format("{} shards were asked for, there are {} tensors that do not share memory",
                                             count, units.size()));
    std::uint64_t left = 0;
    for (const auto& unit : units) left += unit.bytes;
    std::vector<std::vector<std::uint32_t>> shards;
    std::size_t next = 0;
    for (std::uint64_t rest = count; rest > 0; --rest) {
        auto& shard = shards.emplace_back();
        const auto wanted = left / rest;
        std::uint64_t bytes = 0;
        // At least one unit for this shard and for each of those that follow; a unit goes where most of it fits.
        while (next < units.size() && units.size() - next >= rest &&
               (shard.empty() || rest == 1 || bytes + units[next].bytes / 2 <= wanted)) {
            bytes += units[next].bytes;
            shard.insert(shard.end(), units[next].members.begin(), units[next].members.end());
            ++next;
        }
        left -= bytes;
        std::ranges::sort(shard);
    }
    return shards;
}

Result<std::vector<std::vector<std::uint32_t>>> divideIntoShards(std::span<const ShardMember> members,
                                                                 const Recipe& recipe) {
    std::vector<ShardUnit> units;
    std::unordered_map<std::uint32_t, std::size_t> unitOfStorage;
    for (const auto& member : members) {
        const auto [at, fresh] = unitOfStorage.try_emplace(member.storage, units.size());
        if (fresh) units.emplace_back();
        units[at->second].bytes += member.bytes;
        units[at->second].members.push_back(member.index);
    }
    std::vector<std::vector<std::uint32_t>> shards;
    if (recipe.shardCount) {
        TRY(shards, splitIntoCount(units, *recipe.shardCount));
    } else {
        shards = splitIntoShards(units, *recipe.maxShardBytes);
    }
    if (shards.empty()) shards.emplace_back();
    return shards;
}

std::string shardName(Target target, std::size_t index, std::size_t count) {
    if (count == 1) return fmt::format("{}.{}", stem(target), suffix(target));
    return fmt::format("{}-{:05}-of-{:05}.{}", stem(target), index + 1, count, suffix(target));
}

bool isOfSet(const Recipe& recipe, std::string_view name) noexcept {
    const auto target = recipe.target;
    if (recipe.tpRanks != 0) return globMatches("rank_[0-9]*", name);
    const auto isOne = [name](std::string_view pattern) { return globMatches(pattern, name); };
    if (target == Target::Dcp) return name == kDcpMetadataName || isOne("__[0-9]*_[0-9]*.distcp");
    if (target == Target::Tensors) return name == kTensorsIndexName || isOne("*.pt");
    if (target == Target::Safetensors)
        return isOne("model.safetensors") || isOne("model.safetensors.index.json") ||
               isOne("model-[0-9][0-9][0-9][0-9][0-9]-of-[0-9][0-9][0-9][0-9][0-9].safetensors");
    return isOne("pytorch_model.bin") || isOne("pytorch_model.bin.index.json") ||
           isOne("pytorch_model-[0-9][0-9][0-9][0-9][0-9]-of-[0-9][0-9][0-9][0-9][0-9].bin");
}

std::string indexName(Target target) {
    return fmt::format("{}.{}.index.json", stem(target), suffix(target));
}

std::string indexJson(std::uint64_t totalBytes, const std::map<std::string, std::string>& metadata,
                      const std::map<std::string, std::string>& fileOfTensor) {
    nlohmann::json index = {{"metadata", metadata}, {"weight_map", fileOfTensor}};
    index["metadata"]["total_size"] = totalBytes;
    return index.dump(2, ' ', true, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace plimsoll
