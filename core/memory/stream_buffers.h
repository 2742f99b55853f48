// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <cstdint>
#include <thread>

#include "base/limits.h"

// What the strategy `streamed` holds beside the model; here, because the prediction counts it.
namespace plimsoll::stream_buffers {

// One read.
inline constexpr std::uint64_t kBlockBytes = 4 * limits::MiB;
// For CUDA: the device copies from one while the disk fills the other.
inline constexpr std::size_t kPinnedPerThread = 2;
// What the disk writes into where a block's place is not a buffer: one huge page.
inline constexpr std::uint64_t kStagingBytes = 2 * limits::MiB;

// Some wait for the disk while others make pages or copy: more than two on two processors too. Each brings its buffers.
[[nodiscard]] inline unsigned threads() noexcept {
    return std::clamp(std::thread::hardware_concurrency(), 4U, 8U);
}

}  // namespace plimsoll::stream_buffers
