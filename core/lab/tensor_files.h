// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/progress.h"
#include "base/result.h"
#include "checkpoint/checkpoint.h"
#include "lab/child_process.h"

namespace plimsoll {

// The file of a tensor in a directory with one file per tensor that this program made.
[[nodiscard]] std::string tensorFilePath(const std::string& directory, std::string_view tensor);

// A directory with one file per distinct tensor of a checkpoint, for the strategy per-tensor. Move-only; what this
// object made is removed by its destructor, and locked until then: what a program that was killed has left is removed
// when the next one is made.
class TensorFiles {
public:
    // A checkpoint that is such a directory is used as it is. Else one is made in $TMPDIR or /var/tmp, never beside the
    // checkpoint; progress counts the bytes of the distinct tensors.
    //   errors  Io (no room, not writable), Cancelled, what the checkpoint's reader says
    [[nodiscard]] static Result<TensorFiles> of(const std::shared_ptr<const Checkpoint>& checkpoint,
                                                ProgressSink& progress, const std::stop_token& stop);
    TensorFiles() = default;
    TensorFiles(TensorFiles&& other) noexcept;
    TensorFiles& operator=(TensorFiles&& other) noexcept;
    TensorFiles(const TensorFiles&) = delete;
    TensorFiles& operator=(const TensorFiles&) = delete;
    ~TensorFiles();

    // Empty for a default-made object.
    [[nodiscard]] const std::string& directory() const noexcept { return directory_; }

private:
    std::string directory_;
    std::string ours_;  // the folder that this object made, around it
    Fd lock_;           // of that folder
};

}  // namespace plimsoll
