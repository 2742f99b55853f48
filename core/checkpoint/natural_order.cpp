// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>

#include "checkpoint/name_tree.h"

namespace plimsoll {

namespace {

bool isDigit(char c) {
    return c >= '0' && c <= '9';
}

// The run of digits at `at`, without its leading zeros; `at` moves past it.
std::string_view takeNumber(std::string_view text, std::size_t& at) {
    while (at < text.size() && text[at] == '0') ++at;
    const std::size_t start = at;
    while (at < text.size() && isDigit(text[at])) ++at;
    return text.substr(start, at - start);
}

}  // namespace

bool naturalLess(std::string_view a, std::string_view b) noexcept {
    std::size_t i = 0;
    std::size_t j = 0;
    while (i < a.size() && j < b.size()) {
        if (isDigit(a[i]) && isDigit(b[j])) {
            const auto left = takeNumber(a, i);
            const auto right = takeNumber(b, j);
            if (left.size() != right.size()) return left.size() < right.size();
            if (const int order = left.compare(right); order != 0) return order < 0;
            continue;
        }
        if (a[i] != b[j]) return static_cast<unsigned char>(a[i]) < static_cast<unsigned char>(b[j]);
        ++i;
        ++j;
    }
    if (i < a.size() || j < b.size()) return j < b.size();
    // Equal but for leading zeros: any fixed order keeps the sort well-defined.
    return a < b;
}

}  // namespace plimsoll
