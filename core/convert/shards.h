// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "convert/recipe.h"

namespace plimsoll {

// Tensors that must lie in the same file because they share memory.
struct ShardUnit {
    std::uint64_t bytes = 0;
    std::vector<std::uint32_t> members;
};

// Members of each shard, as huggingface_hub splits a state_dict: in order, a shard is closed before it would exceed
// maxBytes, and a unit above maxBytes is a shard of its own.
[[nodiscard]] std::vector<std::vector<std::uint32_t>> splitIntoShards(std::span<const ShardUnit> units,
                                                                      std::uint64_t maxBytes);

// Members of each of exactly `count` shards of about the same size, in order.
//   errors  Usage where there are fewer units than that
[[nodiscard]] Result<std::vector<std::vector<std::uint32_t>>> splitIntoCount(std::span<const ShardUnit> units,
                                                                             std::uint64_t count);

// What goes into shards, by name: a tensor, or what several of them make.
struct ShardMember {
    std::uint32_t index = 0;  // whatever the caller counts
    std::string_view name;
    std::uint32_t storage = 0;  // members of one stay together
    std::uint64_t bytes = 0;
};

// Indices of the members of each shard, as the recipe wants shards; at least one.
//   errors  as splitIntoCount
[[nodiscard]] Result<std::vector<std::vector<std::uint32_t>>> divideIntoShards(std::span<const ShardMember> members,
                                                                               const Recipe& recipe);

// "model-00001-of-00002.safetensors", "pytorch_model-00001-of-00002.bin"; without numbers where there is one shard.
[[nodiscard]] std::string shardName(Target target, std::size_t index, std::size_t count);
// "model.safetensors.index.json", "pytorch_model.bin.index.json".
[[nodiscard]] std::string indexName(Target target);

// True for entries of any set that such a recipe writes: shards, whatever their count, and the index; ranks.
[[nodiscard]] bool isOfSet(const Recipe& recipe, std::string_view name) noexcept;

// The index file: sizes, other metadata, and which file has which tensor. Names are UTF-8.
[[nodiscard]] std::string indexJson(std::uint64_t totalBytes, const std::map<std::string, std::string>& metadata,
                                    const std::map<std::string, std::string>& fileOfTensor);

}  // namespace plimsoll
