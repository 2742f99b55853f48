// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "base/progress.h"
#include "base/result.h"
#include "checkpoint/tensor_part.h"
#include "io/output_file.h"

namespace plimsoll {

// Writes the part as a .npy file (format 1.0), block after block. Types that numpy does not know (bf16, float8) become
// f32, which holds all their values; the file appears only when it is complete.
//   progress  counts bytes of the part
//   errors    Unsupported for types without an exact counterpart, Usage where `path` exists and Existing::Refuse, Io,
//             Cancelled
[[nodiscard]] Result<void> writeNpy(const TensorPart& part, const std::string& path, OutputFile::Existing existing,
                                    ProgressSink& progress);

}  // namespace plimsoll
