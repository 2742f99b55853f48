// SPDX-License-Identifier: GPL-3.0-or-later
#include "convert/rename.h"

#include <utility>

#include <fmt/format.h>
#include <re2/re2.h>

namespace plimsoll {

struct Renamer::Rule {
    Rule(const std::string& pattern, const RE2::Options& options, std::string replaceWith)
        : expression(pattern, options), replacement(std::move(replaceWith)) {}
    RE2 expression;
    std::string replacement;
};

Result<RenameRule> parseRenameRule(std::string_view text) {
    const auto arrow = text.find("=>");
    if (arrow == std::string_view::npos || arrow == 0)
        return fail(Errc::Usage, fmt::format("'{}' is not REGEX=>REPL", text));
    RenameRule rule{std::string(text.substr(0, arrow)), std::string(text.substr(arrow + 2))};
    TRY(const auto checked, Renamer::make({&rule, 1}));
    static_cast<void>(checked);
    return rule;
}

Result<Renamer> Renamer::make(std::span<const RenameRule> rules) {
    RE2::Options options;
    options.set_log_errors(false);
    Renamer renamer;
    for (const auto& rule : rules) {
        auto made = std::make_unique<Rule>(rule.pattern, options, rule.replacement);
        if (!made->expression.ok())
            return fail(Errc::Usage,
                        fmt::format("'{}' is no regular expression: {}", rule.pattern, made->expression.error()));
        std::string why;
        if (!made->expression.CheckRewriteString(rule.replacement, &why))
            return fail(Errc::Usage, fmt::format("'{}' cannot replace '{}': {}", rule.replacement, rule.pattern, why));
        renamer.rules_.push_back(std::move(made));
    }
    return renamer;
}

Renamer::Renamer() = default;
Renamer::Renamer(Renamer&&) noexcept = default;
Renamer& Renamer::operator=(Renamer&&) noexcept = default;
Renamer::~Renamer() = default;

std::string Renamer::apply(std::string_view name) const {
    std::string renamed(name);
    for (const auto& rule : rules_) RE2::GlobalReplace(&renamed, rule->expression, rule->replacement);
    return renamed;
}

}  // namespace plimsoll
