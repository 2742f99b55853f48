// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <sys/stat.h>

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "checkpoint/checkpoint.h"
#include "convert/output_set.h"

namespace plimsoll {

// How a source file was; enough to tell later whether it is still the same.
struct SourceState {
    std::string path;
    std::uint64_t bytes = 0;
    std::int64_t mtimeNs = 0;
    std::uint64_t inode = 0;
    std::uint64_t checksum = 0;  // XXH3 of its first and last MiB: where formats have their headers and directories
};

// Notices that a checkpoint's files change while they are read: output made of two states would be worse than none.
class SourceGuard {
public:
    // Remembers how the files are now.
    //   errors  Corrupt where one has another size than when it was opened, or was written to since, Io
    [[nodiscard]] static Result<SourceGuard> watch(const Checkpoint& source);

    // Corrupt, naming the file, where one is no longer as it was.
    [[nodiscard]] Result<void> check() const;

    // Reads the ends of every file. Io, Truncated.
    [[nodiscard]] Result<std::vector<SourceState>> states() const;

    // All files of the checkpoint, its index included.
    [[nodiscard]] const std::vector<FileIdentity>& identities() const noexcept { return identities_; }
    // The checkpoint itself where it is a directory, and the directories of its files.
    [[nodiscard]] const std::optional<FileIdentity>& folder() const noexcept { return folder_; }
    [[nodiscard]] const std::vector<FileIdentity>& places() const noexcept { return places_; }

private:
    struct Watched {
        std::string path;
        const InputFile* file;
        struct stat status;
    };
    std::vector<Watched> files_;
    std::vector<const InputFile*> remotes_;
    std::vector<FileIdentity> identities_;
    std::optional<FileIdentity> folder_;
    std::vector<FileIdentity> places_;
};

}  // namespace plimsoll
