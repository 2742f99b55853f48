// SPDX-License-Identifier: GPL-3.0-or-later
#include "convert/work_shape.h"

#include <algorithm>
#include <thread>

#include <fmt/format.h>

#include "base/glob.h"
#include "base/limits.h"

namespace plimsoll {

namespace {

// Measured on 1.7 GB of f32 cast to bf16 by two workers: from 128 KiB to 2 MiB there is no difference beyond noise,
// from 4 MiB on system time rises. Below 64 KiB system calls begin to dominate.
constexpr std::uint64_t kLargestBlock = limits::MiB;
constexpr std::uint64_t kSmallestBlock = 64 * limits::KiB;
constexpr std::uint64_t kBuffersPerWorker = 2;  // what was read, what is written
// Stack, arena and the reader's own inflate window of one worker.
constexpr std::uint64_t kWorkerOverhead = 256 * limits::KiB;
constexpr unsigned kMostThreads = 256;
// Beyond four windows of the largest size there is nothing to gain.
constexpr std::uint64_t kMostAhead = 16 * limits::MiB;
// A quarter of less than this makes no windows that a disk would thank for.
constexpr std::uint64_t kLeastForAhead = 8 * limits::MiB;

}  // namespace

std::uint64_t WorkShape::memoryBytes() const noexcept {
    return threads * (kBuffersPerWorker * blockBytes + kWorkerOverhead) + aheadBytes;
}

Result<WorkShape> shapeWork(std::uint64_t memoryBytes, unsigned threads) {
    constexpr std::uint64_t kLeast = kBuffersPerWorker * kSmallestBlock + kWorkerOverhead;
    if (memoryBytes < kLeast)
        return fail(Errc::Usage, fmt::format("a memory bound of {} is too small: at least {} are needed",
                                             formatByteSize(memoryBytes), formatByteSize(kLeast)));
    if (threads == 0) threads = std::max(1U, std::thread::hardware_concurrency());
    WorkShape shape;
    if (memoryBytes >= kLeastForAhead) shape.aheadBytes = std::min(kMostAhead, memoryBytes / 4);
    memoryBytes -= shape.aheadBytes;
    const auto affordable = std::min<std::uint64_t>(memoryBytes / kLeast, kMostThreads);
    shape.threads = static_cast<unsigned>(std::min<std::uint64_t>(threads, affordable));
    const auto perBuffer = (memoryBytes / shape.threads - kWorkerOverhead) / kBuffersPerWorker;
    shape.blockBytes = std::min(kLargestBlock, perBuffer / kSmallestBlock * kSmallestBlock);
    return shape;
}

bool takeBlocks(WorkShape& shape, std::uint64_t blockBytes, std::uint64_t memoryBytes) noexcept {
    shape.blockBytes = blockBytes;
    if (shape.memoryBytes() > memoryBytes) shape.aheadBytes = 0;
    while (shape.threads > 1 && shape.memoryBytes() > memoryBytes) --shape.threads;
    return blockBytes != 0 && shape.memoryBytes() <= memoryBytes;
}

}  // namespace plimsoll
