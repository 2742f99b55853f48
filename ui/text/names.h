// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <string_view>

#include "checkpoint/tensor_table.h"

// How names of tensors and modules are shown.
namespace plimsoll::ui {

// "(no name)" for the empty one, as the tensor of a .npy file has it. What would not be seen, break the line or turn
// the direction is escaped as in Python: "\n", "\u202e".
[[nodiscard]] QString nameText(std::string_view name);

// What became of a name, with what both have in common said once: "state_dict.{model → net}.0.weight"; "a → b" where
// they share no component at either end.
[[nodiscard]] QString renameText(std::string_view before, std::string_view after);

// As tables, --dtype and the filter spell it: "f32"; of a type that only its file has a word for, that word.
[[nodiscard]] QString dtypeText(const TensorTable& table, TensorId tensor);
// With PyTorch's name, where that is another: "f32 (float32)".
[[nodiscard]] QString bothDtypesText(const TensorTable& table, TensorId tensor);

}  // namespace plimsoll::ui
