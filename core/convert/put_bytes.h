// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstring>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/byte_cursor.h"

namespace plimsoll {

// Appends a value as it lies in memory; ByteCursor reads it again.
template <class T>
requires std::is_trivially_copyable_v<T>
void put(std::vector<std::byte>& out, const T& value) {
    const std::size_t at = out.size();
    out.resize(at + sizeof(T));
    std::memcpy(out.data() + at, &value, sizeof(T));
}

inline void putText(std::vector<std::byte>& out, std::string_view text) {
    const auto bytes = asBytes(text);
    out.insert(out.end(), bytes.begin(), bytes.end());
}

}  // namespace plimsoll
