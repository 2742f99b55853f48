// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <span>

namespace plimsoll {

// Fills `out` with elements first.. of an endless sequence of pseudo-random numbers with mean 0 and deviation 0.02.
// Each is the sum of the four 16-bit parts of a hash of (seed, stream, index), so any part of the sequence can be made
// on its own, and it is the same on every machine. Nearly normal: no value exceeds 3.47 deviations.
void fillNoise(std::uint64_t seed, std::uint64_t stream, std::uint64_t first, std::span<float> out) noexcept;

}  // namespace plimsoll
