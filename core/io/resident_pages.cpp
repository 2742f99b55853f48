// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/resident_pages.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <vector>

#include "base/limits.h"

namespace plimsoll {

namespace {

constexpr std::uint64_t kWindowBytes = limits::GiB;

std::uint64_t pageBytes() noexcept {
    static const auto bytes = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    return bytes;
}

std::optional<std::uint64_t> residentByCachestat(int fd, std::uint64_t offset, std::uint64_t bytes) noexcept {
    constexpr long kCachestat = 451;  // Debian 12's headers do not name it yet
    struct {
        std::uint64_t offset;
        std::uint64_t bytes;
    } const range{offset, bytes};
    struct {
        std::uint64_t cached;
        std::uint64_t others[4];
    } pages{};
    if (::syscall(kCachestat, fd, &range, &pages, 0) != 0) return std::nullopt;
    return pages.cached;
}

}  // namespace

std::uint64_t pagesOf(std::uint64_t offset, std::uint64_t bytes) noexcept {
    return bytes == 0 ? 0 : (offset + bytes - 1) / pageBytes() - offset / pageBytes() + 1;
}

std::optional<std::uint64_t> residentByMincore(int fd, std::uint64_t offset, std::uint64_t bytes) {
    const std::uint64_t end = offset + bytes;
    std::vector<unsigned char> states;
    std::uint64_t resident = 0;
    for (std::uint64_t at = offset / pageBytes() * pageBytes(); at < end; at += kWindowBytes) {
        const auto part = static_cast<std::size_t>(std::min(kWindowBytes, end - at));
        void* const window = ::mmap(nullptr, part, PROT_READ, MAP_SHARED, fd, static_cast<off_t>(at));
        if (window == MAP_FAILED) return std::nullopt;
        states.assign(static_cast<std::size_t>(pagesOf(at, part)), 0);
        const bool told = ::mincore(window, part, states.data()) == 0;
        ::munmap(window, part);
        if (!told) return std::nullopt;
        resident += static_cast<std::uint64_t>(
            std::count_if(states.begin(), states.end(), [](unsigned char state) { return (state & 1U) != 0; }));
    }
    return resident;
}

// A non-blocking read (RWF_NOWAIT) would tell too, but starts a read-ahead into the cache, and so reads the disk twice.
std::optional<std::uint64_t> residentPages(int fd, std::uint64_t offset, std::uint64_t bytes) {
    if (bytes == 0) return 0;
    const auto told = residentByCachestat(fd, offset, bytes);
    return told ? told : residentByMincore(fd, offset, bytes);
}

}  // namespace plimsoll
