// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/direct_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>
#include <string>

#include "base/checked.h"
#include "io/read_ring.h"
#include "io/resident_pages.h"

namespace plimsoll {

namespace {

// Larger single requests gain nothing and keep a stopping thread waiting.
constexpr std::size_t kRequestBytes = 8U << 20U;

// What a request must have at least before a read is cut into several.
constexpr std::size_t kRingPart = 2U << 20U;

constexpr std::size_t kHugePage = 2U << 20U;
constexpr std::size_t kPopulateBytes = 256U << 10U;

std::uint64_t pagePart(std::uint64_t value) {
    return value % DirectFile::kAlignment;
}

std::uint64_t pagePart(const std::byte* address) {
    return pagePart(reinterpret_cast<std::uintptr_t>(address));
}

// The first bytes of memory that was mostly never touched: its pages are asked for some at a time, which costs less
// than a fault for each, and few enough that they are still in the processor's cache when they are filled.
std::span<std::byte> freshPart(std::span<std::byte> out) {
    const auto part = out.first(std::min(out.size(), kPopulateBytes));
    auto* const page = part.data() - pagePart(part.data());
    // Refused by kernels before 5.14: then each page comes when it is written.
    static_cast<void>(::madvise(page, static_cast<std::size_t>(part.data() + part.size() - page), MADV_POPULATE_WRITE));
    return part;
}

void copyToFresh(std::span<std::byte> out, const std::byte* from) {
    while (!out.empty()) {
        const auto part = freshPart(out);
        std::memcpy(part.data(), from, part.size());
        out = out.subspan(part.size());
        from += part.size();
    }
}

ssize_t readOnce(int fd, std::uint64_t offset, std::span<std::byte> out) {
    ssize_t got = -1;
    do got = ::pread(fd, out.data(), out.size(), static_cast<off_t>(offset));
    while (got < 0 && errno == EINTR);
    return got;
}

}  // namespace

PageBuffer::PageBuffer(std::size_t bytes) : memory_(nullptr, Unmap{0}), size_(bytes) {
    const auto wanted = static_cast<std::size_t>(alignUp(std::max<std::size_t>(bytes, 1), DirectFile::kAlignment));
    const bool huge = wanted >= kHugePage;
    // The kernel places a mapping at any page: room to move to the next huge one.
    const std::size_t mapped = wanted + (huge ? kHugePage - DirectFile::kAlignment : 0);
    void* const found = ::mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (found == MAP_FAILED) throw std::bad_alloc();
    auto* const start = static_cast<std::byte*>(found);
    auto* used = start;
    if (huge) {
        used += alignUp(reinterpret_cast<std::uintptr_t>(start), kHugePage) - reinterpret_cast<std::uintptr_t>(start);
        const auto before = static_cast<std::size_t>(used - start);
        if (before != 0) ::munmap(start, before);
        if (before + wanted != mapped) ::munmap(used + wanted, mapped - before - wanted);
        // Whole huge pages only: the rest would take one more of them. Refused: they are ordinary ones.
        static_cast<void>(::madvise(used, wanted / kHugePage * kHugePage, MADV_HUGEPAGE));
    }
    memory_ = {used, Unmap{wanted}};
}

void PageBuffer::Unmap::operator()(std::byte* memory) const noexcept {
    ::munmap(memory, mapped);
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

bool DirectFile::isForDisk(std::uint64_t offset, std::size_t bytes) const {
    return bytes != 0 && file_.descriptor() >= 0 &&
           residentPages(file_.descriptor(), offset, bytes).value_or(0) < pagesOf(offset, bytes);
}

Result<void> DirectFile::readAt(std::uint64_t offset, std::span<std::byte> out, std::span<std::byte> staging) {
    if (!isForDisk(offset, out.size())) return readCached(offset, out);
    // The plain way knows the reason: the file's end, a disk error, or just a file system without direct reads.
    if (direct_ && readStaged(offset, out, staging)) return {};
    return readThroughCache(offset, out);
}

Result<void> DirectFile::readInto(std::uint64_t offset, std::span<std::byte> out, std::span<std::byte> staging) {
    if (pagePart(out.data()) != pagePart(offset)) return readAt(offset, out, staging);
    if (!isForDisk(offset, out.size())) return file_.readAt(offset, out);
    const auto head =
        std::min<std::size_t>(out.size(), static_cast<std::size_t>((kAlignment - pagePart(offset)) % kAlignment));
    const std::size_t middle = (out.size() - head) - static_cast<std::size_t>(pagePart(out.size() - head));
    if (direct_ && readStaged(offset, out.first(head), staging) &&
        readInPlace(offset + head, out.subspan(head, middle)) &&
        readStaged(offset + head + middle, out.subspan(head + middle), staging))
        return {};
    return readThroughCache(offset, out);
}

Result<void> DirectFile::readCached(std::uint64_t offset, std::span<std::byte> out) const {
    while (!out.empty()) {
        const auto part = freshPart(out);
        TRY_VOID(file_.readAt(offset, part));
        out = out.subspan(part.size());
        offset += part.size();
    }
    return {};
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
        copyToFresh(out.first(used), staging.data() + lead);
        out = out.subspan(used);
        offset += used;
    }
    return true;
}

bool DirectFile::readInPlace(std::uint64_t offset, std::span<std::byte> out) {
    // One for each thread: the parts of a block are asked for together.
    thread_local const std::unique_ptr<ReadRing> ring = ReadRing::create();
    if (ring && out.size() > kRingPart && ring->read(fd_, offset, out, kRingPart)) return true;
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
