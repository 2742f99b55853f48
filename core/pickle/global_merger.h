// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <unordered_map>
#include <vector>

#include "pickle/scanner.h"

namespace plimsoll {

// mergeGlobals() for many pickles: a list is looked through once, not for each of them. The list may grow otherwise
// between two calls, and must not shrink.
class GlobalMerger {
public:
    explicit GlobalMerger(std::vector<GlobalRef>& into) : into_(into) {}
    void add(const std::vector<GlobalRef>& more);

private:
    [[nodiscard]] GlobalRef* find(const GlobalRef& global);
    void index();

    std::vector<GlobalRef>& into_;
    std::unordered_multimap<std::size_t, std::size_t> byHash_;
    std::size_t indexed_ = 0;
};

}  // namespace plimsoll
