// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/rename.h"

#include <algorithm>
#include <utility>

#include <re2/re2.h>

namespace plimsoll {

struct RenameRule::Impl {
    Impl(std::string_view asked, const std::string& pattern, std::string replacement, bool once)
        : text(asked), regex(pattern, quiet()), rewrite(std::move(replacement)), anchored(once) {}

    static RE2::Options quiet() {
        RE2::Options options;
        options.set_log_errors(false);
        // Names are bytes: those that are no UTF-8 must match too.
        options.set_encoding(RE2::Options::EncodingLatin1);
        return options;
    }

    std::string text;
    RE2 regex;
    std::string rewrite;
    bool anchored;  // matches at the name's front only
};

namespace {

tl::unexpected<Error> wrong(std::string_view text, const std::string& what) {
    return fail(Errc::Usage, "'" + std::string(text) + "' " + what);
}

// A text that stands for itself in a rewrite.
std::string literal(std::string_view text) {
    std::string out;
    for (const char c : text) out += c == '\\' ? "\\\\" : std::string(1, c);
    return out;
}

std::string_view withoutEndDot(std::string_view front) {
    return front.ends_with('.') ? front.substr(0, front.size() - 1) : front;
}

// '*.a.*' and 'b.*.*': '^(.*)\.a\.(.*)$' and 'b.\1.\2'.
Result<std::pair<std::string, std::string>> fromGlob(std::string_view text, std::string_view from,
                                                     std::string_view to) {
    const auto stars = std::ranges::count(from, '*');
    if (stars > 9) return wrong(text, "has more than nine * before the =");
    if (std::ranges::count(to, '*') > stars) return wrong(text, "has more * after the = than before it");
    std::string pattern = "^";
    for (const char c : from) pattern += c == '*' ? "(.*)" : RE2::QuoteMeta(std::string(1, c));
    std::string rewrite;
    int star = 0;
    for (const char c : to) rewrite += c == '*' ? "\\" + std::to_string(++star) : literal(std::string_view(&c, 1));
    return std::pair(pattern + "$", rewrite);
}

std::pair<std::string, std::string> fromFront(std::string_view from, std::string_view to) {
    const std::string front(withoutEndDot(from));
    const std::string target(withoutEndDot(to));
    if (front.empty()) return {"^", literal(target) + (target.empty() ? "" : ".")};
    if (target.empty()) return {"^" + RE2::QuoteMeta(front) + "\\.", ""};
    return {"^" + RE2::QuoteMeta(front) + "(\\.|$)", literal(target) + "\\1"};
}

}  // namespace

RenameRule::RenameRule(std::shared_ptr<const Impl> impl) noexcept : impl_(std::move(impl)) {}

const std::string& RenameRule::text() const noexcept {
    return impl_->text;
}

Result<RenameRule> RenameRule::parse(std::string_view text) {
    std::pair<std::string, std::string> rule;
    const auto arrow = text.rfind("=>");
    const bool isRegex = arrow != std::string_view::npos;
    if (isRegex) {
        rule = {std::string(text.substr(0, arrow)), std::string(text.substr(arrow + 2))};
        if (rule.first.empty()) return wrong(text, "has no regular expression before the =>");
    } else {
        const auto equals = text.find('=');
        if (equals == std::string_view::npos) return wrong(text, "is neither FROM=TO nor REGEX=>REPL");
        const auto from = text.substr(0, equals);
        const auto to = text.substr(equals + 1);
        if (from.find('*') != std::string_view::npos) {
            TRY(rule, fromGlob(text, from, to));
        } else {
            rule = fromFront(from, to);
        }
    }
    auto impl = std::make_shared<const Impl>(text, rule.first, rule.second, !isRegex);
    if (!impl->regex.ok()) return wrong(text, "is no regular expression: " + impl->regex.error());
    std::string error;
    if (!impl->regex.CheckRewriteString(impl->rewrite, &error)) return wrong(text, "cannot replace: " + error);
    return RenameRule(std::move(impl));
}

std::string RenameRule::apply(std::string_view name) const {
    std::string out(name);
    if (impl_->anchored)
        RE2::Replace(&out, impl_->regex, impl_->rewrite);
    else
        RE2::GlobalReplace(&out, impl_->regex, impl_->rewrite);
    return out;
}

std::string renamed(std::string_view name, const std::vector<RenameRule>& rules) {
    std::string out(name);
    for (const RenameRule& rule : rules) out = rule.apply(out);
    return out;
}

}  // namespace plimsoll
