// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "audit/audit.h"

namespace plimsoll {

// Which bytes of the storages the tensors lie on.
struct StorageUse {
    std::vector<std::uint64_t> ownBytes;  // per tensor: bytes of its storage that no tensor before it views
    std::vector<StorageWaste> wastes;     // storages with bytes that no tensor views, most first
    std::vector<TensorGroup> tied;        // tensors that are one view of one storage, most bytes first
    std::uint64_t storageBytes = 0;       // decoded
    std::uint64_t storedBytes = 0;
    std::uint64_t unusedBytes = 0;
    bool exact = true;
};

// Every byte is counted once. O(tensors) where storages have one view each; scattered views cost a mark per run, up to
// a budget, beyond which a view counts from its first to its last byte (`exact` is then false).
//   rank  per tensor: of two that view a byte, the lower rank has it, then the earlier row
[[nodiscard]] StorageUse measureStorages(const TensorTable& table, std::span<const std::uint8_t> rank);

// Bytes of the files that are in no storage, in words that fit the format. O(storages log storages).
[[nodiscard]] std::vector<OutsideSum> bytesOutsideStorages(const Checkpoint& checkpoint);

}  // namespace plimsoll
