// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>

namespace plimsoll {

// Bytes that a process had read from storage so far (read_bytes of /proc/PID/io): what came from the page cache is not
// counted. Nothing where the kernel does not tell.
[[nodiscard]] std::optional<std::uint64_t> diskReadBytes(pid_t pid);

}  // namespace plimsoll
