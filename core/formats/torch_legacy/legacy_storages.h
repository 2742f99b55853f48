// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "formats/reader.h"
#include "formats/torch_pickle/torch_resolver.h"

namespace plimsoll {

// Storages of a legacy file: named while the pickle is read, placed once the list of keys behind it is known. Each is
// an element count (8 bytes) and the elements.
class LegacyStorages final : public StorageSource {
public:
    explicit LegacyStorages(FileBeingRead& file) : file_(file) {}
    [[nodiscard]] Result<StorageId> find(const StorageRequest& request) override;

    // Gives every storage its place, from `offset` on, in the order of the keys.
    //   keysAt  offset of the keys' pickle, for errors
    //   errors  Corrupt for keys that the pickle does not name, names twice or leaves out, Truncated
    [[nodiscard]] Result<void> place(Value keys, std::uint64_t keysAt, std::uint64_t offset);

private:
    struct Known {
        std::uint64_t bytes = 0;
        DType dtype = DType::U8;        // which counts the elements in the file
        std::vector<StorageId> rows;    // the storage, other types' views of it, old versions' parts of it
        std::vector<std::uint64_t> at;  // of each row, in bytes from the storage's start
        bool placed = false;
    };

    [[nodiscard]] Result<void> checkCount(std::string_view key, const Known& known, std::uint64_t offset) const;

    FileBeingRead& file_;
    std::unordered_map<std::string_view, Known> byKey_;
};

}  // namespace plimsoll
