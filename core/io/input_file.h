// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "base/result.h"

namespace plimsoll {

// A regular file opened read-only for positional reads (bulk work: a file cut short meanwhile is an Error, not SIGBUS).
// Move-only; const members are safe from any thread.
class InputFile {
public:
    // Io where it cannot be opened or read, Unsupported where it is not a regular file (FIFO, device, directory):
    // opening never blocks.
    [[nodiscard]] static Result<InputFile> open(const std::string& path);

    InputFile(InputFile&& other) noexcept;
    InputFile& operator=(InputFile&& other) noexcept;
    InputFile(const InputFile&) = delete;
    InputFile& operator=(const InputFile&) = delete;
    ~InputFile();

    // Fills `out` from `offset`; Truncated where the file ends earlier, Io with the errno text.
    [[nodiscard]] Result<void> readAt(std::uint64_t offset, std::span<std::byte> out) const;

    // Tells the kernel that [offset, offset + bytes) is read soon / is no longer needed in the page cache.
    void willNeed(std::uint64_t offset, std::uint64_t bytes) const noexcept;
    void dropCache(std::uint64_t offset, std::uint64_t bytes) const noexcept;

    [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    [[nodiscard]] int descriptor() const noexcept { return fd_; }

private:
    InputFile(std::string path, int fd, std::uint64_t size) noexcept;

    std::string path_;
    int fd_ = -1;
    std::uint64_t size_ = 0;
};

}  // namespace plimsoll
