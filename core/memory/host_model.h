// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

namespace plimsoll {

// What a sequence of allocations makes resident with glibc's malloc: large requests get pages of their own until they
// are freed; a freed one raises the size from which that is so (to 32 MiB at most), and smaller requests share a heap
// that keeps up to twice that size at its end. Requests are freed in the reverse order within the heap.
//   source  mallopt(3), M_MMAP_THRESHOLD and M_TRIM_THRESHOLD
class HostModel {
public:
    struct Request {
        std::uint64_t bytes = 0;
        bool pages = false;  // of its own
    };

    // Allocates; nothing is resident yet.
    [[nodiscard]] Request allocate(std::uint64_t bytes) const noexcept;
    // The request's bytes are written for the first time.
    void touch(const Request& request) noexcept;
    void free(const Request& request) noexcept;

    [[nodiscard]] std::uint64_t peak() const noexcept { return peak_; }

private:
    std::uint64_t threshold_ = 128 * 1024;
    std::uint64_t pages_ = 0;
    std::uint64_t heap_ = 0;     // in use
    std::uint64_t heapTop_ = 0;  // resident
    std::uint64_t peak_ = 0;
};

}  // namespace plimsoll
