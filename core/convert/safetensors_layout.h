// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "checkpoint/checkpoint.h"
#include "convert/plan.h"
#include "convert/selection.h"

namespace plimsoll {

// One tensor of a safetensors file that is to be written; record.name is its name, record.to its type.
struct SafetensorsEntry {
    PlannedRecord record;
    std::vector<std::uint64_t> shape;
};

// The name of a type in a header, also for torch's packed 4-bit floats; empty where there is none.
[[nodiscard]] std::string_view safetensorsTypeName(DType dtype) noexcept;

// Lays a file out byte for byte as the safetensors library does: widest types first, then by name, the header padded
// with spaces to 8 bytes. "format" is the first of the metadata, the others follow by name.
//   errors  Unsupported (a type without a name, a name that is no UTF-8 or comes twice, a header above the library's
//           cap), Overflow
[[nodiscard]] Result<PlannedFile> layoutSafetensors(std::string path, std::vector<SafetensorsEntry> entries,
                                                    const std::map<std::string, std::string>& metadata);

// The entry for a picked tensor.
//   errors  Unsupported, naming the tensor
[[nodiscard]] Result<SafetensorsEntry> safetensorsEntry(const Checkpoint& source, const Selection::Pick& pick);

}  // namespace plimsoll
