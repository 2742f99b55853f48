// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace plimsoll {

// --rename: every match of `pattern` becomes `replacement`, in which \1 to \9 are what groups matched.
struct RenameRule {
    std::string pattern;  // RE2 syntax: time linear in the name
    std::string replacement;
};

// "REGEX=>REPL". Usage where it is none, the expression is wrong, or REPL names a group that it has not.
[[nodiscard]] Result<RenameRule> parseRenameRule(std::string_view text);

// Applies rules to dotted names, one after the other. Safe from any thread.
class Renamer {
public:
    // Usage as parseRenameRule.
    [[nodiscard]] static Result<Renamer> make(std::span<const RenameRule> rules);
    Renamer();
    Renamer(Renamer&&) noexcept;
    Renamer& operator=(Renamer&&) noexcept;
    ~Renamer();

    [[nodiscard]] bool empty() const noexcept { return rules_.empty(); }
    [[nodiscard]] std::string apply(std::string_view name) const;

private:
    struct Rule;
    std::vector<std::unique_ptr<const Rule>> rules_;
};

}  // namespace plimsoll
