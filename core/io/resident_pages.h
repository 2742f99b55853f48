// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>

namespace plimsoll {

// How many of the pages that [offset, offset + bytes) touches are in the page cache; starts no read. Nothing where
// neither cachestat (kernel 6.5) nor mincore tells. A kernel that hides it from strangers to a file says all of them.
[[nodiscard]] std::optional<std::uint64_t> residentPages(int fd, std::uint64_t offset, std::uint64_t bytes);

// By mincore alone, in windows of 1 GiB, so that no file needs much memory for its answer.
[[nodiscard]] std::optional<std::uint64_t> residentByMincore(int fd, std::uint64_t offset, std::uint64_t bytes);

// How many pages that range touches.
[[nodiscard]] std::uint64_t pagesOf(std::uint64_t offset, std::uint64_t bytes) noexcept;

}  // namespace plimsoll
