// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/big_vector.h"

#include <sys/mman.h>

#include "base/limits.h"

namespace plimsoll {

namespace {

constexpr std::size_t kHugePage = 2 * limits::MiB;
constexpr std::size_t kWorthHugePage = kHugePage / 2;  // clearing the rest of it costs less than 256 page faults
constexpr std::size_t kWorthMapping = kHugePage / 16;  // 32 page faults cost more than to ask for the pages at once

// What is mapped for so many bytes: their last part gets a huge page of its own where that is worth it.
constexpr std::size_t mappedBytes(std::size_t bytes) {
    constexpr std::size_t kPage = 4096;
    const std::size_t grain = bytes % kHugePage >= kWorthHugePage ? kHugePage : kPage;
    return (bytes + grain - 1) / grain * grain;
}

}  // namespace

void* allocateBig(std::size_t bytes) {
    if (bytes < kWorthMapping) return ::operator new(bytes);
    if (bytes < kWorthHugePage) {
        void* const pages =
            ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
        if (pages == MAP_FAILED) throw std::bad_alloc();
        return pages;
    }
    if (bytes > std::numeric_limits<std::size_t>::max() / 2) throw std::bad_alloc();
    // A huge page starts at a multiple of its size: what is mapped too much goes back.
    const std::size_t wanted = mappedBytes(bytes);
    void* const mapped =
        ::mmap(nullptr, wanted + kHugePage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED) throw std::bad_alloc();
    auto* const start = static_cast<std::byte*>(mapped);
    const std::size_t before = (kHugePage - reinterpret_cast<std::size_t>(start) % kHugePage) % kHugePage;
    if (before > 0) ::munmap(start, before);
    if (before < kHugePage) ::munmap(start + before + wanted, kHugePage - before);
    // Refused where the kernel has none: ordinary pages do.
    ::madvise(start + before, wanted, MADV_HUGEPAGE);
    return start + before;
}

void freeBig(void* memory, std::size_t bytes) noexcept {
    if (bytes < kWorthMapping) {
        ::operator delete(memory);
    } else {
        ::munmap(memory, mappedBytes(bytes));
    }
}

}  // namespace plimsoll
