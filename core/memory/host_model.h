// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

namespace plimsoll {

// From this size on a loader's requests get pages of their own, which go back when they are freed. It sets glibc's
// M_MMAP_THRESHOLD to it: by itself malloc raises the size with what was freed before, and then large tensors lie in a
// heap whose size depends on the order of everything else in it.
inline constexpr std::uint64_t kOwnPagesBytes = std::uint64_t{128} * 1024;

// What a sequence of allocations makes resident in a loader: small requests share a heap, which keeps its top.
//   source  mallopt(3), M_MMAP_THRESHOLD
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
    void release(const Request& request) noexcept;

    [[nodiscard]] std::uint64_t peak() const noexcept { return peak_; }

private:
    std::uint64_t pages_ = 0;
    std::uint64_t heap_ = 0;     // in use
    std::uint64_t heapTop_ = 0;  // resident
    std::uint64_t peak_ = 0;
};

}  // namespace plimsoll
