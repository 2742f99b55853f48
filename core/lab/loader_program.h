// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace plimsoll {

// The plimsoll-loader that belongs to this program: what PLIMSOLL_LOADER names, the one beside it, or the one in
// ../lib/plimsoll, where packages have it. Io, with what to do about it, where there is none.
[[nodiscard]] Result<std::string> findLoader();

// "there is no device 'cuda:7' here (found: cpu): no NVIDIA driver is installed".
//   devices  those there are
//   noCuda   why none of them is of CUDA; empty where one is
[[nodiscard]] std::string noSuchDevice(std::string_view device, const std::vector<std::string>& devices,
                                       std::string_view noCuda);

}  // namespace plimsoll
