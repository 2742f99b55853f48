// SPDX-License-Identifier: GPL-3.0-or-later
#include "memory/device_model.h"

#include <algorithm>

#include "base/limits.h"
#include "memory/saturating.h"

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
    return bytes < kMiddleRequest ? kMiddleSegment : saturating::roundUp(bytes, kLargeRound);
}

}  // namespace

DeviceModel::Handle DeviceModel::allocate(std::uint64_t bytes) {
    if (bytes == 0) return 0;
    bytes = saturating::roundUp(bytes, kRound);
    const bool small = bytes <= kSmallRequest;
    Free& free = small ? freeSmall_ : freeLarge_;
    const auto fit = free.lower_bound({bytes, 0, 0});
    const std::uint32_t block = fit == free.end() ? reserveSegment(bytes, small) : fit->block;
    if (fit != free.end()) free.erase(fit);

    // What is left over stays a block of its own where it is worth it.
    const std::uint64_t rest = blocks_[block].bytes - bytes;
    if (small ? rest >= kRound : rest > kSmallRequest) splitOff(block, rest);
    blocks_[block].used = true;
    allocated_ = saturating::add(allocated_, blocks_[block].bytes);
    peakAllocated_ = std::max(peakAllocated_, allocated_);
    peakInUse_ = std::max(peakInUse_, ++inUse_);
    return block + 1;
}

void DeviceModel::release(Handle handle) {
    if (handle == 0 || handle > blocks_.size() || !blocks_[handle - 1].used) return;
    std::uint32_t block = handle - 1;
    allocated_ -= blocks_[block].bytes;
    blocks_[block].used = false;
    --inUse_;
    if (const std::uint32_t after = blocks_[block].after; isFree(after)) {
        freeOf(after).erase(asFree(after));
        absorbNext(block);
    }
    if (const std::uint32_t before = blocks_[block].before; isFree(before)) {
        freeOf(before).erase(asFree(before));
        absorbNext(before);
        block = before;
    }
    freeOf(block).insert(asFree(block));
}

std::uint32_t DeviceModel::add(const Block& block) {
    if (gone_.empty()) {
        blocks_.push_back(block);
        return static_cast<std::uint32_t>(blocks_.size() - 1);
    }
    const std::uint32_t place = gone_.back();
    gone_.pop_back();
    blocks_[place] = block;
    return place;
}

std::uint32_t DeviceModel::reserveSegment(std::uint64_t bytes, bool small) {
    const std::uint64_t segment = segmentBytes(bytes);
    const std::uint64_t at = next_;
    next_ = saturating::add(next_, segment);
    reserved_ = saturating::add(reserved_, segment);
    return add({at, segment, kNone, kNone, small, false});
}

// Its last `rest` bytes become a free block.
void DeviceModel::splitOff(std::uint32_t block, std::uint64_t rest) {
    blocks_[block].bytes -= rest;
    const Block& left = blocks_[block];
    const std::uint32_t after = left.after;
    const std::uint32_t right = add({left.address + left.bytes, rest, block, after, left.small, false});
    blocks_[block].after = right;
    if (after != kNone) blocks_[after].before = right;
    freeOf(right).insert(asFree(right));
}

void DeviceModel::absorbNext(std::uint32_t block) {
    const std::uint32_t gone = blocks_[block].after;
    const std::uint32_t after = blocks_[gone].after;
    blocks_[block].bytes += blocks_[gone].bytes;
    blocks_[block].after = after;
    if (after != kNone) blocks_[after].before = block;
    blocks_[gone] = {};
    gone_.push_back(gone);
}

void PackedDeviceModel::allocate(std::uint64_t bytes) noexcept {
    if (bytes == 0) return;
    ++blocks_;
    bytes = saturating::roundUp(bytes, kRound);
    auto& pool = bytes <= kSmallRequest ? small_ : large_;
    pool = saturating::add(pool, bytes);
}

std::uint64_t PackedDeviceModel::allocated() const noexcept {
    return saturating::add(small_, large_);
}

std::uint64_t PackedDeviceModel::reserved() const noexcept {
    return saturating::add(saturating::roundUp(small_, kSmallSegment), saturating::roundUp(large_, kMiddleSegment));
}

}  // namespace plimsoll
