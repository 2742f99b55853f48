// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/progress.h"
#include "base/result.h"
#include "checkpoint/tensor_part.h"
#include "json_writer.h"
#include "output.h"

namespace plimsoll::cli {

// As numpy prints an array: nested brackets, and above 1,000 elements only the edges of each dimension.
[[nodiscard]] Result<void> printValues(Output& out, const TensorPart& part);

// All values as nested arrays; what JSON has no number for (nan, inf, complex, bytes) as strings.
[[nodiscard]] Result<void> writeValuesJson(JsonWriter& json, const TensorPart& part, ProgressSink& progress);

}  // namespace plimsoll::cli
