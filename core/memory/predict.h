// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "checkpoint/checkpoint.h"

namespace plimsoll {

// Highest memory of one load, above what the loader held before it; from the inventory alone, allocators included.
struct Prediction {
    std::uint64_t hostAnon = 0;
    std::uint64_t hostFile = 0;  // mapped pages, which the kernel can drop
    std::uint64_t device = 0;    // allocated by torch's caching allocator
    std::uint64_t deviceReserved = 0;
    // Of hostAnon: buffers that a load fills as far as it needs them. What the page cache has already takes none, and
    // threads that find no work do not either.
    std::uint64_t hostBuffers = 0;
};

// Whether hostAnon is what a load takes at most, and it may well take less: by more than predictions are off otherwise.
[[nodiscard]] bool isUpperBound(const Prediction& prediction) noexcept;

// What the loader holds before a load starts, for "does it fit".
namespace before_load {
// Anonymous memory of a process with LibTorch 2.11, measured with plimsoll-loader.
inline constexpr std::uint64_t kHostAnon = 190'000'000;
// The CUDA context on the device, with kernels that are loaded when they are first used (CUDA 11.7 and later).
//   source  https://github.com/pytorch/pytorch/issues/109888 ("around 400MB"); it differs between devices and drivers
inline constexpr std::uint64_t kDeviceContext = 400'000'000;
}  // namespace before_load

// What the predictions of one checkpoint share, so that all strategies cost little more than one.
struct LoadBasis {
    const Checkpoint& checkpoint;
    std::vector<TensorId> distinct;   // as in DistinctTensors
    std::vector<StorageId> storages;  // in use, once each
    std::uint64_t objectBytes = 0;    // of the inventory, the module tree and torch
    std::uint64_t metadataBytes = 0;  // of the files, without their tensors
};

// O(n log n) in the tensors, no file access.
[[nodiscard]] LoadBasis loadBasis(const Checkpoint& checkpoint);

// Nothing for an unknown strategy.
//   onDevice  a CUDA device instead of the CPU
//   target    the dtype to which the strategy casts, where it does
//   cost      O(n log n) in the tensors, O(n) for the CPU where they lie in their files in order
[[nodiscard]] std::optional<Prediction> predictLoad(const LoadBasis& basis, std::string_view strategy, bool onDevice,
                                                    std::optional<DType> target);

// Sizes that a load has to fit into; nothing where it is not known.
struct Room {
    std::optional<std::uint64_t> host;
    std::optional<std::uint64_t> device;
};

enum class Fit : std::uint8_t { Yes, No, Unknown };

struct FitVerdict {
    std::uint64_t hostNeed = 0;    // anonymous: mapped pages make room for others
    std::uint64_t deviceNeed = 0;  // 0 for the CPU
    Fit fit = Fit::Unknown;
};

// Of the whole process: the load and what the loader holds before it.
[[nodiscard]] FitVerdict judgeFit(const Prediction& prediction, bool onDevice, const Room& room) noexcept;

// MemAvailable of this machine (/proc/meminfo); nothing where the kernel does not tell.
[[nodiscard]] std::optional<std::uint64_t> availableHostMemory();

}  // namespace plimsoll
