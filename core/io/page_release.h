// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "io/mapped_file.h"

namespace plimsoll {

// Gives back the pages of a mapped file that this process has looked at; whoever looks again gets them again, mostly
// from the page cache. For who goes once through more of a large file than a process should hold. Leaves small and
// paged files alone. Safe from any thread, also while others read the file.
void releasePages(const MappedFile& file) noexcept;

// Calls releasePages() every 32,768 steps.
class PageReleaser {
public:
    explicit PageReleaser(const MappedFile& file) noexcept : file_(file) {}
    void step() noexcept {
        if (++steps_ % kSteps == 0) releasePages(file_);
    }

private:
    static constexpr std::uint32_t kSteps = 1U << 15U;

    const MappedFile& file_;
    std::uint32_t steps_ = 0;
};

}  // namespace plimsoll
