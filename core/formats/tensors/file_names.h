// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace plimsoll {

// Name of the index beside the files.
inline constexpr std::string_view kTensorsIndexName = "tensors.index.json";

// The file name, with its suffix, of a tensor in a directory with one file per tensor. Different names give different
// files; see format.md.
[[nodiscard]] std::string tensorFileName(std::string_view tensor);

// The tensor's name that a file name (without its suffix) spells: %XX decoded. A '%' that starts no such pair stays.
[[nodiscard]] std::string tensorNameOfFile(std::string_view stem);

}  // namespace plimsoll
