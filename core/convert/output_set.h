// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "io/output_file.h"

namespace plimsoll {

// Which file a path leads to, whatever its name.
struct FileIdentity {
    dev_t device = 0;
    ino_t inode = 0;
    friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
};

// One file that is to be written.
struct OutputRequest {
    std::string path;
    std::uint64_t bytes = 0;
};

// All files of one conversion. They appear together by commit(); without it nothing appears and what was there stays.
class OutputSet {
public:
    // Checks the rules for destinations and creates the partial files.
    //   directory  of a sharded output, created where absent; empty for a single file
    //   sources    files that must not be overwritten
    //   errors     Usage (exists, is no regular file, is a source, the directory holds something), Io (no such
    //              directory, too little space: "needs X, Y are free")
    [[nodiscard]] static Result<OutputSet> create(std::span<const OutputRequest> files, const std::string& directory,
                                                  std::span<const FileIdentity> sources, bool overwrite);

    OutputSet(OutputSet&& other) noexcept;
    OutputSet& operator=(OutputSet&& other) noexcept;
    OutputSet(const OutputSet&) = delete;
    OutputSet& operator=(const OutputSet&) = delete;
    ~OutputSet();

    // Safe from any thread. Errors name the file.
    [[nodiscard]] Result<void> writeAt(std::size_t file, std::uint64_t offset, std::span<const std::byte> data) const;

    // Renames all in order. Where one fails, those that appeared before it are removed again unless they replaced an
    // older file.
    [[nodiscard]] Result<void> commit();

private:
    OutputSet() = default;
    void discard() noexcept;

    std::vector<OutputFile> files_;
    std::vector<bool> replaces_;
    std::string createdDirectory_;  // removed again unless committed
};

}  // namespace plimsoll
