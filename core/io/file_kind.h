// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>

#include <sys/stat.h>

#include "base/result.h"

namespace plimsoll {

// "a directory", "a FIFO", ...; nullptr for a regular file.
[[nodiscard]] const char* unusualKind(mode_t mode) noexcept;

// "NFS", "FUSE", ...: the file system of an open file, where a mapping of its files is slow or may lose them, because
// it lies behind a network or a program; nullptr elsewhere.
[[nodiscard]] const char* slowFileSystem(int fd) noexcept;

// Io with the errno text, about `path`.
[[nodiscard]] Error ioError(const std::string& path, int errnoValue, std::uint64_t offset = kNoOffset);

}  // namespace plimsoll
