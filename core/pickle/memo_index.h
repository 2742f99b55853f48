// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_set>

#include "pickle/literals.h"
#include "pickle/opcode_reader.h"

namespace plimsoll {

// Counts the distinct memo indices of a stream, which is where MEMOIZE stores next. Picklers number from 0 without
// gaps, which costs nothing; other indices are kept one by one.
class MemoIndices {
public:
    void add(std::uint64_t index) {
        if (index < below_) return;
        if (index > below_) {
            beyond_.insert(index);
            return;
        }
        ++below_;
        while (!beyond_.empty() && beyond_.erase(below_) != 0) ++below_;
    }
    [[nodiscard]] std::uint64_t count() const noexcept { return below_ + beyond_.size(); }

private:
    std::uint64_t below_ = 0;  // all indices below are stored
    std::unordered_set<std::uint64_t> beyond_;
};

// The index that a PUT or GET of any form names; nothing where its text is no index.
[[nodiscard]] inline std::optional<std::uint64_t> memoIndexOf(ArgForm form, const OpcodeArgument& argument) noexcept {
    if (form != ArgForm::Line) return argument.number;
    const auto index = parseDecimal(argument.text);
    if (!index || *index < 0) return std::nullopt;
    return static_cast<std::uint64_t>(*index);
}

}  // namespace plimsoll
