// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/page_release.h"

#include <sys/mman.h>

#include "base/limits.h"

namespace plimsoll {

namespace {

// Below this, what a process can hold of a file is less than looking twice would cost.
constexpr std::uint64_t kLargeFile = 64 * limits::MiB;

}  // namespace

void releasePages(const MappedFile& file) noexcept {
    // What was read by position is not to be read twice.
    if (file.size() < kLargeFile || file.isPaged()) return;
    // The mapping is shared and read-only: nothing of ours can be lost with its pages. Refused: they stay.
    static_cast<void>(::madvise(const_cast<std::byte*>(file.bytes().data()), file.bytes().size(), MADV_DONTNEED));
}

}  // namespace plimsoll
