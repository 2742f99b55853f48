// SPDX-License-Identifier: GPL-3.0-or-later
#include "memory/device_model.h"

#include <algorithm>
#include <iterator>

#include "base/checked.h"
#include "base/limits.h"

namespace plimsoll {

namespace {

using limits::MiB;

constexpr std::uint64_t kRound = 512;
constexpr std::uint64_t kSmallRequest = MiB;
constexpr std::uint64_t kSmallSegment = 2 * MiB;
constexpr std::uint64_t kMiddleRequest = 10 * MiB;
constexpr std::uint64_t kMiddleSegment = 20 * MiB;
constexpr std::uint64_t kLargeRound = 2 * MiB;

std::uint64_t segmentBytes(std::uint64_t bytes) {
    if (bytes <= kSmallRequest) return kSmallSegment;
    return bytes < kMiddleRequest ? kMiddleSegment : alignUp(bytes, kLargeRound);
}

}  // namespace

DeviceModel::Address DeviceModel::allocate(std::uint64_t bytes) {
    if (bytes == 0) return 0;
    bytes = alignUp(bytes, kRound);
    const bool small = bytes <= kSmallRequest;
    Free& free = small ? freeSmall_ : freeLarge_;
    const auto fit = free.lower_bound({bytes, 0});
    const auto block = fit == free.end() ? reserveSegment(bytes, small) : blocks_.find(fit->second);
    free.erase({block->second.bytes, block->first});

    // What is left over stays a block of its own where it is worth it.
    const std::uint64_t rest = block->second.bytes - bytes;
    if (small ? rest >= kRound : rest > kSmallRequest) {
        const Address at = block->first + bytes;
        blocks_.emplace(at, Block{rest, block->second.segment, small, false});
        free.emplace(rest, at);
        block->second.bytes = bytes;
    }
    block->second.used = true;
    allocated_ += block->second.bytes;
    peakAllocated_ = std::max(peakAllocated_, allocated_);
    return block->first;
}

void DeviceModel::free(Address address) {
    auto block = blocks_.find(address);
    if (block == blocks_.end()) return;
    allocated_ -= block->second.bytes;
    block->second.used = false;
    if (const auto after = std::next(block); after != blocks_.end()) merge(block, after);
    if (block != blocks_.begin())
        if (const auto before = std::prev(block); merge(before, block)) block = before;
    freeOf(block->second).emplace(block->second.bytes, block->first);
}

DeviceModel::Blocks::iterator DeviceModel::reserveSegment(std::uint64_t bytes, bool small) {
    const std::uint64_t segment = segmentBytes(bytes);
    const Address at = next_;
    next_ += segment;
    reserved_ += segment;
    return blocks_.emplace(at, Block{segment, at, small, false}).first;
}

// Makes two neighbours one where both are free and of one segment; the freed one is in no list yet.
bool DeviceModel::merge(Blocks::iterator left, Blocks::iterator right) {
    if (left->second.used || right->second.used || left->second.segment != right->second.segment) return false;
    freeOf(left->second).erase({left->second.bytes, left->first});
    freeOf(right->second).erase({right->second.bytes, right->first});
    left->second.bytes += right->second.bytes;
    blocks_.erase(right);
    return true;
}

void PackedDeviceModel::allocate(std::uint64_t bytes) noexcept {
    bytes = alignUp(bytes, kRound);
    (bytes <= kSmallRequest ? small_ : large_) += bytes;
}

std::uint64_t PackedDeviceModel::reserved() const noexcept {
    const std::uint64_t largePages = (large_ + kMiddleSegment - 1) / kMiddleSegment;
    return alignUp(small_, kSmallSegment) + largePages * kMiddleSegment;
}

}  // namespace plimsoll
