// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/limits.h"

// What the strategy `streamed` holds beside the model; here, because the prediction counts it.
namespace plimsoll::stream_buffers {

// One read.
inline constexpr std::uint64_t kBlockBytes = 2 * limits::MiB;
// Smaller tensors that lie close together share one.
inline constexpr std::uint64_t kSmallBytes = 256 * limits::KiB;
// For CUDA: the device copies from one while the disk fills the other.
inline constexpr std::size_t kPinnedPerThread = 2;
// What the disk writes into where a block's place is not a buffer (of the CPU's weights): one huge page.
inline constexpr std::uint64_t kStagingBytes = 2 * limits::MiB;
// Most of them wait for the disk while a few make pages or copy, whatever the number of processors: on two of them, 4
// threads kept a disk of 3.1 GB/s at 2.3 GB/s, 8 at 2.5, 12 at 2.7, 16 no higher. Each brings its buffers.
inline constexpr unsigned kThreads = 12;

}  // namespace plimsoll::stream_buffers
