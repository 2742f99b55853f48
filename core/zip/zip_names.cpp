// SPDX-License-Identifier: GPL-3.0-or-later
#include "zip/zip_names.h"

#include <bit>

#include <xxhash.h>

#include "base/text_index.h"

namespace plimsoll {

void ZipNames::reset(std::size_t count) {
    seed_ = randomSeed();
    slots_.assign(std::bit_ceil(2 * count + 1), Slot{});
}

std::uint64_t ZipNames::hash(std::string_view name) const noexcept {
    return XXH3_64bits_withSeed(name.data(), name.size(), seed_);
}

}  // namespace plimsoll
