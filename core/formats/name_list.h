// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "checkpoint/words.h"

namespace plimsoll {

// Names for a warning, as many as a reader of it can use: "'a', 'b' and 7 more".
class NameList {
public:
    void add(std::string_view name) {
        if (++count_ > kShown) return;
        if (!text_.empty()) text_ += ", ";
        text_ += inQuotes(name);
    }
    [[nodiscard]] std::size_t count() const noexcept { return count_; }
    [[nodiscard]] std::string text() const {
        return count_ > kShown ? fmt::format("{} and {} more", text_, count_ - kShown) : text_;
    }

private:
    static constexpr std::size_t kShown = 20;
    std::string text_;
    std::size_t count_ = 0;
};

}  // namespace plimsoll
