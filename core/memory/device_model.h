// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <compare>
#include <cstdint>
#include <set>
#include <vector>

namespace plimsoll {

// What torch's CUDA caching allocator does with a sequence of requests on one stream: rounding to 512 bytes, segments
// of 2 MiB for requests up to 1 MiB, of 20 MiB below 10 MiB, else of a multiple of 2 MiB; best fit, splitting and
// merging. Frees give nothing back to the device.
//   source  https://docs.pytorch.org/docs/stable/notes/cuda.html#memory-management and the allocator's statistics
class DeviceModel {
public:
    // For release(); 0 for no bytes.
    using Handle = std::uint32_t;

    Handle allocate(std::uint64_t bytes);
    void release(Handle handle);

    [[nodiscard]] std::uint64_t peakAllocated() const noexcept { return peakAllocated_; }
    [[nodiscard]] std::uint64_t peakReserved() const noexcept { return reserved_; }
    // Most blocks in use at once: each is an object of the allocator in host memory.
    [[nodiscard]] std::uint64_t peakBlocks() const noexcept { return peakInUse_; }

private:
    static constexpr std::uint32_t kNone = ~std::uint32_t{0};
    // Free or in use; its neighbours are of the same segment.
    struct Block {
        std::uint64_t address = 0;
        std::uint64_t bytes = 0;
        std::uint32_t before = kNone;
        std::uint32_t after = kNone;
        bool small = false;
        bool used = false;
    };
    struct FreeBlock {
        std::uint64_t bytes = 0;
        std::uint64_t address = 0;
        std::uint32_t block = kNone;
        friend auto operator<=>(const FreeBlock&, const FreeBlock&) = default;
    };
    using Free = std::set<FreeBlock>;  // by size, lowest address first

    std::uint32_t add(const Block& block);
    std::uint32_t reserveSegment(std::uint64_t bytes, bool small);
    void splitOff(std::uint32_t block, std::uint64_t rest);
    void absorbNext(std::uint32_t block);
    [[nodiscard]] bool isFree(std::uint32_t block) const { return block != kNone && !blocks_[block].used; }
    [[nodiscard]] FreeBlock asFree(std::uint32_t block) const {
        return {blocks_[block].bytes, blocks_[block].address, block};
    }
    Free& freeOf(std::uint32_t block) { return blocks_[block].small ? freeSmall_ : freeLarge_; }

    std::vector<Block> blocks_;
    std::vector<std::uint32_t> gone_;  // places in it that can be used again
    Free freeSmall_;
    Free freeLarge_;
    std::uint64_t next_ = 0;  // address of the next segment
    std::uint64_t allocated_ = 0;
    std::uint64_t peakAllocated_ = 0;
    std::uint64_t reserved_ = 0;
    std::uint64_t inUse_ = 0;
    std::uint64_t peakInUse_ = 0;
};

// The same with the allocator's expandable segments, for requests that are kept: rounded to 512 bytes, one after the
// other, in pages of 2 MiB for requests up to 1 MiB and of 20 MiB for larger ones.
class PackedDeviceModel {
public:
    void allocate(std::uint64_t bytes) noexcept;

    [[nodiscard]] std::uint64_t allocated() const noexcept;
    [[nodiscard]] std::uint64_t reserved() const noexcept;
    [[nodiscard]] std::uint64_t blocks() const noexcept { return blocks_; }

private:
    std::uint64_t small_ = 0;
    std::uint64_t large_ = 0;
    std::uint64_t blocks_ = 0;
};

}  // namespace plimsoll
