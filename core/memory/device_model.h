// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <utility>

namespace plimsoll {

// What torch's CUDA caching allocator does with a sequence of requests on one stream: rounding to 512 bytes, segments
// of 2 MiB for requests up to 1 MiB, of 20 MiB below 10 MiB, else of a multiple of 2 MiB; best fit, splitting and
// merging. Frees give nothing back to the device.
//   source  https://docs.pytorch.org/docs/stable/notes/cuda.html#memory-management and the allocator's statistics
class DeviceModel {
public:
    // A handle for free(); 0 for no bytes.
    using Address = std::uint64_t;

    Address allocate(std::uint64_t bytes);
    void free(Address address);

    [[nodiscard]] std::uint64_t peakAllocated() const noexcept { return peakAllocated_; }
    [[nodiscard]] std::uint64_t peakReserved() const noexcept { return reserved_; }

private:
    struct Block {
        std::uint64_t bytes = 0;
        std::uint64_t segment = 0;  // address at which its segment starts
        bool small = false;
        bool used = false;
    };
    using Blocks = std::map<Address, Block>;
    using Free = std::set<std::pair<std::uint64_t, Address>>;  // by size

    Blocks::iterator reserveSegment(std::uint64_t bytes, bool small);
    bool merge(Blocks::iterator left, Blocks::iterator right);
    Free& freeOf(const Block& block) { return block.small ? freeSmall_ : freeLarge_; }

    Blocks blocks_;
    Free freeSmall_;
    Free freeLarge_;
    Address next_ = 1U << 21U;
    std::uint64_t allocated_ = 0;
    std::uint64_t peakAllocated_ = 0;
    std::uint64_t reserved_ = 0;
};

// The same with the allocator's expandable segments, for requests that are kept: rounded to 512 bytes, one after the
// other, in pages of 2 MiB for requests up to 1 MiB and of 20 MiB for larger ones.
class PackedDeviceModel {
public:
    void allocate(std::uint64_t bytes) noexcept;

    [[nodiscard]] std::uint64_t allocated() const noexcept { return small_ + large_; }
    [[nodiscard]] std::uint64_t reserved() const noexcept;

private:
    std::uint64_t small_ = 0;
    std::uint64_t large_ = 0;
};

}  // namespace plimsoll
