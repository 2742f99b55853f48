// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "base/result.h"

namespace plimsoll {

// A file that appears under its name only when it is complete: written at positions into the sibling PATH.partial,
// then fsync, then rename. Destroyed without commit(): the partial file is removed. writeAt is safe from any thread.
class OutputFile {
public:
    enum class Existing { Refuse, Replace };

    // Creates PATH.partial with `bytes` reserved, locked so that a second writer of the same PATH is refused.
    //   errors  Usage where PATH exists and Existing::Refuse, or another writer holds the partial file;
    //           Io with the errno text (no such directory, not writable, no space left)
    [[nodiscard]] static Result<OutputFile> create(const std::string& path, std::uint64_t bytes, Existing existing);

    OutputFile(OutputFile&& other) noexcept;
    OutputFile& operator=(OutputFile&& other) noexcept;
    OutputFile(const OutputFile&) = delete;
    OutputFile& operator=(const OutputFile&) = delete;
    ~OutputFile();

    [[nodiscard]] Result<void> writeAt(std::uint64_t offset, std::span<const std::byte> data) const;

    // fsync, rename over PATH, fsync of the directory. After an error nothing has appeared under PATH.
    [[nodiscard]] Result<void> commit();

    [[nodiscard]] const std::string& path() const noexcept { return path_; }

private:
    OutputFile(std::string path, int fd, Existing existing) noexcept;
    void discard() noexcept;

    std::string path_;
    int fd_ = -1;
    Existing existing_ = Existing::Refuse;
};

// The whole of a small output (an index, a report) under the same guarantee.
[[nodiscard]] Result<void> writeWholeFile(const std::string& path, std::span<const std::byte> data,
                                          OutputFile::Existing existing);

}  // namespace plimsoll
