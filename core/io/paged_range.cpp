// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/paged_range.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <utility>

#include <sys/mman.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/checked.h"
#include "base/limits.h"

namespace plimsoll {

namespace {

// Spans begin and end at multiples of this (but for the file's end): whole pages on every machine, and few enough
// of them within limits::kPagedBytes for the kernel's 65,530 mappings per process.
constexpr std::uint64_t kUnitBytes = 64 * limits::KiB;

constexpr std::uint64_t kLargestFetch = 8 * limits::MiB;

// A first read far from all others: about what a server sends in the time that a request takes anyway.
constexpr std::uint64_t kFirstFetchRemote = 256 * limits::KiB;
constexpr std::uint64_t kFirstFetchLocal = 64 * limits::KiB;

std::uint64_t pageBytes() noexcept {
    static const auto bytes = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    return bytes;
}

std::atomic<std::uint64_t> fetchedOfAll{0};

bool takeBudget(std::uint64_t bytes) noexcept {
    std::uint64_t used = fetchedOfAll.load(std::memory_order_relaxed);
    do {
        if (bytes > limits::kPagedBytes - used) return false;
    } while (!fetchedOfAll.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed));
    return true;
}

void returnBudget(std::uint64_t bytes) noexcept {
    fetchedOfAll.fetch_sub(bytes, std::memory_order_relaxed);
}

// Memory that becomes pages of the range when it is full, so that nobody sees it half full.
class Draft {
public:
    explicit Draft(std::size_t bytes) noexcept
        : memory_(::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)), bytes_(bytes) {}
    Draft(const Draft&) = delete;
    Draft& operator=(const Draft&) = delete;
    ~Draft() {
        if (memory_ != MAP_FAILED) ::munmap(memory_, bytes_);
    }

    [[nodiscard]] bool isValid() const noexcept { return memory_ != MAP_FAILED; }
    [[nodiscard]] std::span<std::byte> bytes() const noexcept { return {static_cast<std::byte*>(memory_), bytes_}; }

    // Read-only, in the place of what is at `target`, at once.
    [[nodiscard]] bool publish(std::byte* target) noexcept {
        if (::mprotect(memory_, bytes_, PROT_READ) != 0) return false;
        if (::mremap(memory_, bytes_, bytes_, MREMAP_MAYMOVE | MREMAP_FIXED, target) == MAP_FAILED) return false;
        memory_ = MAP_FAILED;
        return true;
    }

private:
    void* memory_;
    std::size_t bytes_;
};

}  // namespace

Result<std::unique_ptr<PagedRange>> PagedRange::create(const InputFile& file, std::stop_token stop) {
    constexpr std::uint64_t kMost = std::uint64_t{1} << 62U;
    const std::uint64_t bytes = file.size() > kMost ? kMost : alignUp(file.size(), pageBytes());
    void* const range = ::mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (range == MAP_FAILED) {
        return fail(Error{Errc::OverLimit, kNoOffset,
                          fmt::format("no room for {} bytes in the address space: {}", file.size(), errnoText(errno)),
                          file.path()});
    }
    return std::unique_ptr<PagedRange>(
        new PagedRange(file, std::move(stop), static_cast<std::byte*>(range), static_cast<std::size_t>(bytes)));
}

PagedRange::PagedRange(const InputFile& file, std::stop_token stop, std::byte* address, std::size_t reserved)
    : file_(file), address_(address), reserved_(reserved), stop_(std::move(stop)) {}

PagedRange::~PagedRange() {
    ::munmap(address_, reserved_);
    returnBudget(fetched_);
}

void PagedRange::seed(std::span<const std::byte> head) {
    const bool whole = head.size() == file_.size();
    const std::uint64_t bytes = whole ? reserved_ : head.size() / kUnitBytes * kUnitBytes;
    if (bytes == 0 || !takeBudget(bytes)) return;  // it is read again when it is wanted
    Draft draft(static_cast<std::size_t>(bytes));
    if (draft.isValid()) std::memcpy(draft.bytes().data(), head.data(), std::min<std::size_t>(head.size(), bytes));
    if (!draft.isValid() || !draft.publish(address_)) return returnBudget(bytes);
    const std::lock_guard lock(mutex_);
    fetched_ += bytes;
    add({0, bytes});
}

bool PagedRange::provide(std::uint64_t offset) noexcept {
    try {
        const std::lock_guard lock(mutex_);
        return provideLocked(offset);
    } catch (...) {
        return false;
    }
}

void PagedRange::forgetStop() {
    const std::lock_guard lock(mutex_);
    stop_ = {};
}

std::optional<Error> PagedRange::failure() const {
    const std::lock_guard lock(mutex_);
    return failure_;
}

bool PagedRange::provideLocked(std::uint64_t offset) {
    const Span gap = gapAround(offset);
    if (gap.begin == gap.end) return true;  // another thread's fault had it read
    if (failure_) return fillWithZeros(gap);
    const Span wide = choose(offset, gap);
    auto fetched = fetch(wide);
    if (!fetched && file_.remote() == nullptr) {
        // Only what was touched has to be there: the flaw may lie beside it.
        const std::uint64_t unit = offset / kUnitBytes * kUnitBytes;
        fetched = fetch({unit, std::min<std::uint64_t>(unit + kUnitBytes, reserved_)});
    }
    if (fetched) return true;
    failure_ = std::move(fetched.error());
    return fillWithZeros(gapAround(offset));
}

// The unreadable span that holds `offset`; empty where it is readable.
PagedRange::Span PagedRange::gapAround(std::uint64_t offset) const {
    const auto after = readable_.upper_bound(offset);
    Span gap{0, after == readable_.end() ? reserved_ : after->first};
    if (after != readable_.begin()) gap.begin = std::prev(after)->second;
    return gap.begin > offset ? Span{offset, offset} : gap;
}

// Who reads on from where reading ended wants as much again as was read so far, in either direction.
PagedRange::Span PagedRange::choose(std::uint64_t offset, Span gap) const {
    const std::uint64_t first = file_.remote() != nullptr ? kFirstFetchRemote : kFirstFetchLocal;
    const auto amount = [first](std::uint64_t run) {
        return std::clamp(run / kUnitBytes * kUnitBytes, first, kLargestFetch);
    };
    const std::uint64_t unit = offset / kUnitBytes * kUnitBytes;
    const std::uint64_t unitEnd = std::min<std::uint64_t>(unit + kUnitBytes, reserved_);
    const auto after = readable_.upper_bound(offset);
    const bool goesOn = unit == gap.begin && after != readable_.begin();
    const bool goesBack = !goesOn && unitEnd == gap.end && after != readable_.end();
    if (goesBack) {
        const std::uint64_t bytes = amount(after->second - after->first);
        return {unitEnd - gap.begin <= bytes ? gap.begin : (unitEnd - bytes) / kUnitBytes * kUnitBytes, unitEnd};
    }
    const std::uint64_t bytes = goesOn ? amount(std::prev(after)->second - std::prev(after)->first) : first;
    const Span forward{unit, gap.end - unit <= bytes ? gap.end : unit + bytes};
    // The end of a file is where directories are: what stands before it is wanted next.
    if (forward.end == reserved_ && forward.end - forward.begin < bytes)
        return {forward.end - gap.begin <= bytes ? gap.begin : alignUp(forward.end - bytes, kUnitBytes), forward.end};
    return forward;
}

Result<void> PagedRange::fetch(Span span) {
    const std::uint64_t bytes = span.end - span.begin;
    if (!takeBudget(bytes)) {
        return fail(Error{
            Errc::OverLimit, span.begin,
            fmt::format("more than {} MiB of it would have to be in memory at once", limits::kPagedBytes / limits::MiB),
            file_.path()});
    }
    Draft draft(static_cast<std::size_t>(bytes));
    auto read =
        draft.isValid()
            ? file_.readAt(span.begin,
                           draft.bytes().first(static_cast<std::size_t>(std::min(bytes, file_.size() - span.begin))),
                           stop_)
            : fail(Error{Errc::Io, span.begin, errnoText(errno), file_.path()});
    if (read && !draft.publish(address_ + span.begin))
        read = fail(Error{Errc::Io, span.begin, errnoText(errno), file_.path()});
    if (!read) {
        returnBudget(bytes);
        return read;
    }
    fetched_ += bytes;
    add(span);
    return {};
}

bool PagedRange::fillWithZeros(Span span) {
    if (::mmap(address_ + span.begin, static_cast<std::size_t>(span.end - span.begin), PROT_READ,
               MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) == MAP_FAILED)
        return false;
    add(span);
    return true;
}

void PagedRange::add(Span span) {
    auto after = readable_.upper_bound(span.begin);
    if (after != readable_.end() && after->first == span.end) {
        span.end = after->second;
        after = readable_.erase(after);
    }
    if (after != readable_.begin() && std::prev(after)->second == span.begin) {
        std::prev(after)->second = span.end;
    } else {
        readable_.emplace(span.begin, span.end);
    }
}

}  // namespace plimsoll
