// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/byte_cursor.h"
#include "base/result.h"
#include "formats/reader.h"
#include "pickle/machine.h"

namespace plimsoll {

// Pickles that lie one after the other, with other bytes between them. Their globals join the checkpoint's, also those
// of a pickle that breaks.
class PickleSequence {
public:
    //   bytes  of the file that is read, or a part of it; offset: where that starts in the file
    PickleSequence(FileBeingRead& file, std::span<const std::byte> bytes, std::uint64_t offset)
        : file_(file), rest_(bytes), offset_(offset) {}

    [[nodiscard]] std::uint64_t offset() const noexcept { return offset_; }
    [[nodiscard]] std::span<const std::byte> rest() const noexcept { return rest_; }
    [[nodiscard]] bool atEnd() const noexcept { return rest_.empty(); }

    // The root of the next pickle, in `tree`.
    //   which  for errors: "the storage keys (fifth pickle)"
    [[nodiscard]] Result<Value> next(ValueTree& tree, PickleResolver& resolver, std::string_view which);

    // What is left as a cursor: for other bytes, which skip() then passes.
    [[nodiscard]] ByteCursor cursor() const { return ByteCursor(rest_, offset_); }
    // At most what is left.
    void skip(std::uint64_t bytes);

    // Names what the pickles from here on want, as far as they can be followed; true where the bytes end with one.
    bool scanRest();

private:
    FileBeingRead& file_;
    std::span<const std::byte> rest_;
    std::uint64_t offset_;
};

}  // namespace plimsoll
