// SPDX-License-Identifier: GPL-3.0-or-later
#include "zip/zip_names.h"

#include <bit>
#include <chrono>

#include <sys/random.h>

#include <xxhash.h>

namespace plimsoll {

void ZipNames::reset(std::size_t count) {
    // Without randomness (never seen on Linux after boot) the clock is still a seed that no file can know.
    if (::getrandom(&seed_, sizeof(seed_), GRND_NONBLOCK) != static_cast<ssize_t>(sizeof(seed_)))
        seed_ = static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
    slots_.assign(std::bit_ceil(2 * count + 1), Slot{});
}

std::uint64_t ZipNames::hash(std::string_view name) const noexcept {
    return XXH3_64bits_withSeed(name.data(), name.size(), seed_);
}

}  // namespace plimsoll
