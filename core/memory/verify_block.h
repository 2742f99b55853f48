// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

#include "base/limits.h"

namespace plimsoll {

// What verification of a load brings from a device to the host at a time; here, because the prediction counts it.
inline constexpr std::uint64_t kVerifyBlockBytes = 8 * limits::MiB;

}  // namespace plimsoll
