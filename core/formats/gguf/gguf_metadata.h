// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

#include "base/result.h"
#include "formats/gguf/gguf_cursor.h"
#include "formats/reader.h"
#include "pickle/value.h"

namespace plimsoll {

// What the reader itself needs of the key-value section.
struct GgufMetadata {
    Value dict;                    // key -> value, in file order
    std::uint64_t alignment = 32;  // general.alignment
};

// Reads `count` key-value pairs. Texts point into the mapping.
//   errors  Truncated, Corrupt (unknown type, key twice, an alignment that is no power of two), OverLimit (nesting)
[[nodiscard]] Result<GgufMetadata> readGgufMetadata(FileBeingRead& file, GgufCursor& cursor, std::uint64_t count);

}  // namespace plimsoll
