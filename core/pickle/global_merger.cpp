// SPDX-License-Identifier: GPL-3.0-or-later
#include "pickle/global_merger.h"

#include <functional>
#include <string>

namespace plimsoll {

namespace {

std::size_t hashOf(const GlobalRef& global) noexcept {
    return std::hash<std::string>{}(global.module) * 31 + std::hash<std::string>{}(global.name);
}

}  // namespace

void GlobalMerger::index() {
    for (; indexed_ < into_.size(); ++indexed_) byHash_.emplace(hashOf(into_[indexed_]), indexed_);
}

GlobalRef* GlobalMerger::find(const GlobalRef& global) {
    const auto [first, last] = byHash_.equal_range(hashOf(global));
    for (auto known = first; known != last; ++known)
        if (into_[known->second] == global) return &into_[known->second];
    return nullptr;
}

void GlobalMerger::add(const std::vector<GlobalRef>& more) {
    for (const auto& global : more) {
        index();
        GlobalRef* const known = find(global);
        if (known == nullptr) {
            into_.push_back(global);
        } else if (known->verdict < global.verdict) {
            // The same name, used for worse here.
            known->verdict = global.verdict;
            known->reason = global.reason;
            known->offset = global.offset;
        }
    }
}

void mergeGlobals(std::vector<GlobalRef>& into, const std::vector<GlobalRef>& more) {
    GlobalMerger(into).add(more);
}

}  // namespace plimsoll
