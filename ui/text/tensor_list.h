// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "checkpoint/checkpoint.h"
#include "models/tensor_tree.h"

namespace plimsoll::ui {

enum class ListFormat : std::uint8_t { Names, Rows, Csv, Json, Markdown };

// Tensors as text for other programs, a line each: names; tab-separated rows; CSV with a header (RFC 4180); a JSON
// array with the fields of `plimsoll-cli inspect --json`; a Markdown table.
[[nodiscard]] std::string listText(const Checkpoint& checkpoint, std::span<const TensorId> tensors, ListFormat format);

// The plimsoll-cli call that lists what the view shows.
[[nodiscard]] std::string inspectCommandLine(const Checkpoint& checkpoint, const std::string& filter, TreeOrder order,
                                             Listing listing);

}  // namespace plimsoll::ui
