// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>

#include "base/result.h"
#include "io/input_file.h"

namespace plimsoll {

// A file as one range of addresses whose pages are filled by positional reads when they are first touched, and then
// stay. What cannot be read is zeros, and remembered. Whoever touches pages needs page_fault_guard to watch the range.
class PagedRange {
public:
    // Reserves the addresses; `file`, which is not empty, must outlive this object.
    //   errors  OverLimit where there is no room for its size
    [[nodiscard]] static Result<std::unique_ptr<PagedRange>> create(const InputFile& file, std::stop_token stop);
    PagedRange(const PagedRange&) = delete;
    PagedRange& operator=(const PagedRange&) = delete;
    ~PagedRange();

    [[nodiscard]] const std::byte* address() const noexcept { return address_; }
    [[nodiscard]] std::size_t reservedBytes() const noexcept { return reserved_; }

    // Takes bytes that are known already, from the file's start; only whole pages of them, or all of the file.
    void seed(std::span<const std::byte> head);

    // Makes the page at `offset` readable, and those around it that the next reads will want: as many as were read
    // before it without a gap. False where the kernel has no room for that. Safe from any thread.
    [[nodiscard]] bool provide(std::uint64_t offset) noexcept;

    // The stop token of create() no longer ends reads.
    void forgetStop();

    // The first read that failed.
    [[nodiscard]] std::optional<Error> failure() const;

private:
    struct Span {
        std::uint64_t begin;
        std::uint64_t end;
    };

    PagedRange(const InputFile& file, std::stop_token stop, std::byte* address, std::size_t reserved);
    [[nodiscard]] bool provideLocked(std::uint64_t offset);
    [[nodiscard]] Span gapAround(std::uint64_t offset) const;
    [[nodiscard]] Span choose(std::uint64_t offset, Span gap) const;
    [[nodiscard]] Result<void> fetch(Span span);
    [[nodiscard]] bool fillWithZeros(Span span);
    void add(Span span);

    const InputFile& file_;
    std::byte* address_;
    std::size_t reserved_;
    mutable std::mutex mutex_;  // all below
    std::stop_token stop_;
    std::map<std::uint64_t, std::uint64_t> readable_;  // begin -> end of spans, apart from each other
    std::uint64_t fetched_ = 0;                        // bytes that count against limits::kPagedBytes
    std::optional<Error> failure_;
};

}  // namespace plimsoll
