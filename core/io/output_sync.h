// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <span>
#include <stop_token>
#include <string>

#include "base/result.h"

namespace plimsoll {

// The directory part of a path; "." where it has none.
[[nodiscard]] std::string directoryOf(const std::string& path);

// fsync, repeated where a signal breaks it off; 0 or an errno value.
[[nodiscard]] int syncFile(int fd) noexcept;

// Most of what was written to `fd` so far is on the disk: what is left for fsync takes no time. Io, Cancelled.
[[nodiscard]] Result<void> flushWrites(int fd, const std::string& path, const std::stop_token& stop);

// Starts to bring a range of what was written to the disk; waits for nothing.
void startWriteOut(int fd, std::uint64_t offset, std::uint64_t bytes) noexcept;

// Waits until a range is on the disk and drops its pages from the page cache: they are free for what comes next. Io.
[[nodiscard]] Result<void> giveBackWritten(int fd, const std::string& path, std::uint64_t offset, std::uint64_t bytes);

// Everything written to `fd` so far is on the disk. Unlike fsync it can be stopped on the way: the bulk is waited for
// in pieces.
//   path    for errors
//   errors  Io, Cancelled
[[nodiscard]] Result<void> syncWrites(int fd, const std::string& path, const std::stop_token& stop);

// The names in a directory are on the disk, where the file system and our rights allow to ask for it.
[[nodiscard]] Result<void> syncDirectory(const std::string& directory);

// rename that never replaces; 0 or an errno value.
[[nodiscard]] int renameNew(const std::string& from, const std::string& to) noexcept;

// Fills `out` from `offset` of a file that this program is writing. Truncated, Io.
[[nodiscard]] Result<void> readBack(int fd, const std::string& path, std::uint64_t offset, std::span<std::byte> out);

// Writes all of `data` at `offset`. Io.
[[nodiscard]] Result<void> writeAll(int fd, const std::string& path, std::uint64_t offset,
                                    std::span<const std::byte> data);

// Real blocks for a file of this size where the file system can reserve them, so that "no space left" comes now and not
// after hours. The size is set in any case.
[[nodiscard]] Result<void> reserveBytes(int fd, const std::string& path, std::uint64_t bytes);

}  // namespace plimsoll
