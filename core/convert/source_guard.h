// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <sys/stat.h>

#include <string>
#include <vector>

#include "base/result.h"
#include "checkpoint/checkpoint.h"
#include "convert/output_set.h"

namespace plimsoll {

// Notices that a checkpoint's files change while they are read: output made of two states would be worse than none.
class SourceGuard {
public:
    // Remembers how the files are now.
    //   errors  Corrupt where one has another size than when it was opened, Io
    [[nodiscard]] static Result<SourceGuard> watch(const Checkpoint& source);

    // Corrupt, naming the file, where one is no longer as it was.
    [[nodiscard]] Result<void> check() const;

    // All files of the checkpoint, its index included.
    [[nodiscard]] const std::vector<FileIdentity>& identities() const noexcept { return identities_; }

private:
    struct Watched {
        std::string path;
        int descriptor;
        struct stat status;
    };
    std::vector<Watched> files_;
    std::vector<FileIdentity> identities_;
};

}  // namespace plimsoll
