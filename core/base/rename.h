// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace plimsoll {

// One --rename: how a dotted name is turned into another. Names that it does not match stay as they are. Copyable; safe
// from any thread.
//   REGEX=>REPL  every match of the regular expression (RE2) is replaced; \1 is the first group: '^h\.(\d+)=>layers.\1'
//   FROM=TO      with * in FROM: the whole name; what the n-th * stands for takes the place of the n-th * in TO
//                else: FROM is the front of the name, whole components of it: 'model=net' makes net.a of model.a;
//                'model=' takes the front away, '=model' puts one there
class RenameRule {
public:
    // Usage with what is wrong.
    [[nodiscard]] static Result<RenameRule> parse(std::string_view text);

    // Time linear in the name's length, whatever the pattern.
    [[nodiscard]] std::string apply(std::string_view name) const;

    // As it was parsed.
    [[nodiscard]] const std::string& text() const noexcept;

private:
    struct Impl;
    explicit RenameRule(std::shared_ptr<const Impl> impl) noexcept;
    std::shared_ptr<const Impl> impl_;  // copies share it
};

// Each rule in turn on the result of the one before.
[[nodiscard]] std::string renamed(std::string_view name, const std::vector<RenameRule>& rules);

}  // namespace plimsoll
