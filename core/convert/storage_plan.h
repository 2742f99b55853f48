// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "checkpoint/checkpoint.h"
#include "convert/selection.h"

namespace plimsoll {

// A storage of a torch output: a range of a source storage, or the elements of one tensor in row-major order; cast.
struct OutStorage {
    StorageId source;
    TensorId elementsOf;             // valid where the stored bytes are not the values: lazy views, ggml's blocks
    std::uint64_t sourceOffset = 0;  // bytes
    DType from = DType::U8;
    DType to = DType::U8;
    std::uint64_t elements = 0;  // bytes for types that are not whole bytes
    bool untyped = false;        // seen under several dtypes: an UntypedStorage
    std::string_view name;       // of its first view
};

// How a tensor sees its storage in the output.
struct OutView {
    std::uint32_t storage = 0;  // index into StoragePlan::storages
    std::uint64_t offsetElems = 0;
};

struct StoragePlan {
    std::vector<OutStorage> storages;  // by source storage, which is about the order of the source's bytes
    std::vector<OutView> views;        // one per pick
    // Per source storage that something but a tensor refers to: the OutStorage that holds it whole.
    std::vector<std::pair<StorageId, std::uint32_t>> whole;
    std::vector<std::string> notes;
};

// Unsupported, naming a tensor without bytes, or whose bytes cannot be told apart.
[[nodiscard]] Result<void> checkHasValues(const TensorTable& table, const Selection::Pick& pick);

// Unsupported, naming a tensor that torch cannot hold or that has no values.
[[nodiscard]] Result<void> checkTorchHolds(const TensorTable& table, const Selection::Pick& pick);

// Groups the picked tensors by the storage that they share. Views with the same source and target type stay views of
// one storage, which shrinks to the range that they use; views of one storage with different casts get a storage per
// cast. Lazy views and block types get storages of their own. Storages in `whole` are kept as they are, in full.
//   errors  Unsupported, naming the tensors that torch cannot hold or that have no bytes; Overflow, Cancelled
[[nodiscard]] Result<StoragePlan> planStorages(const Checkpoint& source, std::span<const Selection::Pick> picks,
                                               std::span<const StorageId> whole, const std::stop_token& stop = {});

// Bytes that a storage takes in the output, and those that are read for it.
[[nodiscard]] std::uint64_t outputBytes(const OutStorage& storage) noexcept;
[[nodiscard]] std::uint64_t inputBytes(const OutStorage& storage) noexcept;

// Picks whose elements are in these storages, whether a graph holds them once, under two names, or inside an object.
[[nodiscard]] std::uint64_t countWritten(const TensorTable& table, std::span<const Selection::Pick> picks,
                                         const StoragePlan& plan);

// The dtype under which torch holds such elements: its own, or its packed one for safetensors' F4.
[[nodiscard]] DType torchDType(DType dtype) noexcept;

}  // namespace plimsoll
