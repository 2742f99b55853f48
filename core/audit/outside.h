// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "checkpoint/checkpoint.h"

namespace plimsoll {

// What a format has outside its storages, in words.
struct OutsideWords {
    std::string_view before;
    std::string_view between;
    std::string_view after;
};
[[nodiscard]] OutsideWords outsideWords(Format format) noexcept;

// A run of bytes of a file that belongs to a storage.
struct StorageExtent {
    FileId file;
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    StorageId storage;
};
// Of all storages with bytes, by file and begin; a storage in chunks has an extent for each.
[[nodiscard]] std::vector<StorageExtent> storageExtents(const TensorTable& table);

}  // namespace plimsoll
