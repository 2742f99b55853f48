// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "formats/reader.h"
#include "pickle/value.h"

namespace plimsoll {

// What a *.index.json says: which file of its directory, or of a folder in it, holds which tensor.
struct ShardIndex {
    struct Entry {
        std::string_view name;  // lives as long as the index file's mapping, or the table
        std::uint32_t shard = 0;
    };
    std::vector<std::string> shards;  // paths from the directory, each once, in order of appearance
    std::vector<Entry> entries;       // in the order of the file
};

// True for a JSON object with a weight_map, whatever the file's name.
[[nodiscard]] bool looksLikeIndex(std::span<const std::byte> bytes) noexcept;

// Reads the index in `bytes`; its "metadata" becomes the root of the file's values.
//   errors  Corrupt; a shard name that could lead out of the directory is one
[[nodiscard]] Result<ShardIndex> readIndex(FileBeingRead& file, std::span<const std::byte> bytes);

// Path or address of a shard.
//   errors  Usage where a folder on the way is a symbolic link: that leads out of the directory
[[nodiscard]] Result<std::string> placeOfShard(const std::string& indexPath, const std::string& shard);

}  // namespace plimsoll
