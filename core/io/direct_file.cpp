// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/direct_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>
#include <string>

#include "base/checked.h"
#include "io/read_ring.h"

namespace plimsoll {

namespace {

// Larger single requests gain nothing and keep a stopping thread waiting.
constexpr std::size_t kRequestBytes = 8U << 20U;

// Smaller reads are not worth several requests.
constexpr std::size_t kRingBytes = 1U << 20U;

std::uint64_t pagePart(std::uint64_t value) {
    return value % DirectFile::kAlignment;
}

std::uint64_t pagePart(const std::byte* address) {
    return pagePart(reinterpret_cast<std::uintptr_t>(address));
}

// Whether every page of the range is in the page cache. False where the kernel (before 6.5) or a sandbox does not tell.
// A non-blocking read (RWF_NOWAIT) would tell too, but starts a read-ahead into the cache, and so reads the disk twice.
bool isCached(int fd, std::uint64_t offset, std::uint64_t bytes) {
    constexpr long kCachestat = 451;  // Debian 12's headers do not name it yet
    struct {
        std::uint64_t offset;
        std::uint64_t bytes;
    } const range{offset, bytes};
    struct {
        std::uint64_t cached;
        std::uint64_t others[4];
    } pages{};
    if (::syscall(kCachestat, fd, &range, &pages, 0) != 0) return false;
    const auto pageBytes = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    return pages.cached > (offset + bytes - 1) / pageBytes - offset / pageBytes;
}

ssize_t readOnce(int fd, std::uint64_t offset, std::span<std::byte> out) {
    ssize_t got = -1;
    do got = ::pread(fd, out.data(), out.size(), static_cast<off_t>(offset));
    while (got < 0 && errno == EINTR);
    return got;
}

}  // namespace

PageBuffer::PageBuffer(std::size_t bytes)
    : memory_(static_cast<std::byte*>(std::aligned_alloc(
          DirectFile::kAlignment, static_cast<std::size_t>(alignUp(bytes, DirectFile::kAlignment))))),
      size_(bytes) {
    if (!memory_) throw std::bad_alloc();
}

DirectFile::DirectFile(const InputFile& file) : file_(file) {
    if (file.descriptor() < 0) return;
    // Through the descriptor and not the path: the name may meanwhile belong to another file.
    const std::string self = "/proc/self/fd/" + std::to_string(file.descriptor());
    fd_ = ::open(self.c_str(), O_RDONLY | O_DIRECT | O_CLOEXEC);
    direct_ = fd_ >= 0;
}

DirectFile::~DirectFile() {
    if (fd_ >= 0) ::close(fd_);
}

Result<void> DirectFile::readAt(std::uint64_t offset, std::span<std::byte> out, std::span<std::byte> staging) {
    const bool plain = out.empty() || file_.descriptor() < 0;
    if (plain || isCached(file_.descriptor(), offset, out.size())) return file_.readAt(offset, out);
    if (!direct_) return readThroughCache(offset, out);

    bool read = false;
    if (pagePart(out.data()) != pagePart(offset)) {
        read = readStaged(offset, out, staging);
    } else {
        const auto head = std::min<std::size_t>(
            out.size(), static_cast<std::size_t>((DirectFile::kAlignment - pagePart(offset)) % kAlignment));
        const std::size_t middle = (out.size() - head) - static_cast<std::size_t>(pagePart(out.size() - head));
        read = readStaged(offset, out.first(head), staging) && readInPlace(offset + head, out.subspan(head, middle)) &&
               readStaged(offset + head + middle, out.subspan(head + middle), staging);
    }
    // The plain way knows the reason: the file's end, a disk error, or just a file system without direct reads.
    return read ? Result<void>() : readThroughCache(offset, out);
}

Result<void> DirectFile::readThroughCache(std::uint64_t offset, std::span<std::byte> out) const {
    for (std::size_t done = 0; done < out.size();) {
        const auto part = out.subspan(done, std::min(out.size() - done, kRequestBytes));
        TRY_VOID(file_.readAt(offset + done, part));
        file_.dropCache(offset + done, part.size());
        done += part.size();
    }
    return {};
}

bool DirectFile::readStaged(std::uint64_t offset, std::span<std::byte> out, std::span<std::byte> staging) {
    staging = staging.first(staging.size() - static_cast<std::size_t>(pagePart(staging.size())));
    while (!out.empty()) {
        const auto lead = static_cast<std::size_t>(pagePart(offset));
        const auto wanted = std::min(staging.size(), static_cast<std::size_t>(alignUp(lead + out.size(), kAlignment)));
        const ssize_t got = readOnce(fd_, offset - lead, staging.first(wanted));
        if (got < 0 && errno == EINVAL) direct_ = false;
        if (got <= static_cast<ssize_t>(lead)) return false;
        const std::size_t used = std::min(out.size(), static_cast<std::size_t>(got) - lead);
        std::memcpy(out.data(), staging.data() + lead, used);
        out = out.subspan(used);
        offset += used;
    }
    return true;
}

bool DirectFile::readInPlace(std::uint64_t offset, std::span<std::byte> out) {
    // One for each thread: the parts of a block are asked for together.
    thread_local const std::unique_ptr<ReadRing> ring = ReadRing::create();
    if (ring && out.size() >= kRingBytes && ring->read(fd_, offset, out, kAlignment)) return true;
    while (!out.empty()) {
        const ssize_t got = readOnce(fd_, offset, out.first(std::min(out.size(), kRequestBytes)));
        if (got < 0 && errno == EINVAL) direct_ = false;
        // Only the file's end makes a part of a page.
        if (got <= 0 || pagePart(static_cast<std::uint64_t>(got)) != 0) return false;
        out = out.subspan(static_cast<std::size_t>(got));
        offset += static_cast<std::uint64_t>(got);
    }
    return true;
}

}  // namespace plimsoll
