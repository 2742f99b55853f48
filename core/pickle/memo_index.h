// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "pickle/literals.h"
#include "pickle/opcodes.h"

namespace plimsoll {

// Counts the distinct memo indices of a stream, which is where MEMOIZE stores next. Bits for indices that a pickler
// would give (never more than the bytes it wrote so far), a set for others: the input cannot buy memory with a number.
class MemoIndices {
public:
    // An entry was stored under `index` when `consumed` bytes of the stream had been read.
    void add(std::uint64_t index, std::uint64_t consumed) {
        if (contains(index)) return;
        ++count_;
        if (index >= consumed) {
            sparse_.insert(index);
            return;
        }
        if (index >= dense_.size()) dense_.resize(static_cast<std::size_t>(index) + 1);
        dense_[static_cast<std::size_t>(index)] = true;
    }
    [[nodiscard]] std::uint64_t count() const noexcept { return count_; }

private:
    [[nodiscard]] bool contains(std::uint64_t index) const {
        return (index < dense_.size() && dense_[static_cast<std::size_t>(index)]) ||
               (!sparse_.empty() && sparse_.contains(index));
    }

    std::vector<bool> dense_;
    std::unordered_set<std::uint64_t> sparse_;
    std::uint64_t count_ = 0;
};

// The index that a PUT or GET of any form names; nothing where its text is no index.
[[nodiscard]] inline std::optional<std::uint64_t> memoIndexOf(ArgForm form, const OpcodeArgument& argument) noexcept {
    if (form != ArgForm::Line) return argument.number;
    const auto index = parseDecimal(argument.text);
    if (!index || *index < 0) return std::nullopt;
    return static_cast<std::uint64_t>(*index);
}

}  // namespace plimsoll
