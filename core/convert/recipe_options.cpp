// SPDX-License-Identifier: GPL-3.0-or-later
#include "convert/recipe_options.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "base/glob.h"
#include "checkpoint/filter.h"

namespace plimsoll {

namespace {

using Set = Result<void> (*)(Recipe&, std::string_view value);

struct Option {
    std::string_view name;
    bool isFlag = false;
    Set set = nullptr;
};

Result<void> setTarget(Recipe& recipe, std::string_view value) {
    const auto target = targetFromName(value);
    if (!target) return fail(Errc::Usage, fmt::format("'{}' is none of pth, safetensors, tensors, npz, dcp", value));
    recipe.target = *target;
    return {};
}

Result<void> setDType(Recipe& recipe, std::string_view value) {
    const auto dtype = dtypeFromShortName(value);
    if (!dtype || !isFloating(*dtype))
        return fail(Errc::Usage, fmt::format("'{}' is no floating-point type such as f32, bf16, f16", value));
    recipe.dtype = dtype;
    return {};
}

Result<void> addPattern(std::vector<std::string>& patterns, std::string_view value) {
    TRY(const auto filter, Filter::parse(value));
    patterns.emplace_back(value);
    return {};
}

template <class Rule>
Result<void> addRule(std::vector<Rule>& rules, Result<Rule> rule) {
    if (!rule) return fail(std::move(rule.error()));
    rules.push_back(std::move(*rule));
    return {};
}

Result<std::uint64_t> numberBetween(std::string_view value, std::uint64_t least, std::uint64_t most) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error != std::errc() || end != value.data() + value.size() || number < least || number > most)
        return fail(Errc::Usage, fmt::format("'{}' is no number from {} to {}", value, least, most));
    return number;
}

template <bool Recipe::*Member, bool Value>
Result<void> flag(Recipe& recipe, std::string_view /*value*/) {
    recipe.*Member = Value;
    return {};
}

// As the command line has them.
constexpr std::array<Option, 20> kOptions = {{
    {"--to", false, setTarget},
    {"--dtype", false, setDType},
    {"--rule", false, [](Recipe& r, std::string_view v) { return addRule(r.rules, parseCastRule(v)); }},
    {"--saturate", true, flag<&Recipe::saturate, true>},
    {"--no-saturate", true, flag<&Recipe::saturate, false>},
    {"--rename", false, [](Recipe& r, std::string_view v) { return addRule(r.renames, RenameRule::parse(v)); }},
    {"--keep", false, [](Recipe& r, std::string_view v) { return addPattern(r.keep, v); }},
    {"--drop", false, [](Recipe& r, std::string_view v) { return addPattern(r.drop, v); }},
    {"--weights-only", true, flag<&Recipe::weightsOnly, true>},
    {"--max-shard-size", false,
     [](Recipe& r, std::string_view v) -> Result<void> {
         TRY(r.maxShardBytes, parseByteSize(v));
         return {};
     }},
    {"--shards", false,
     [](Recipe& r, std::string_view v) -> Result<void> {
         TRY(r.shardCount, numberBetween(v, 1, 99999));
         return {};
     }},
    {"--tp", false,
     [](Recipe& r, std::string_view v) -> Result<void> {
         TRY(r.tpRanks, numberBetween(v, 2, 1024));
         return {};
     }},
    {"--tp-rule", false, [](Recipe& r, std::string_view v) { return addRule(r.tpRules, parseTpRule(v)); }},
    {"--tp-merge", true, flag<&Recipe::tpMerge, true>},
    {"--memory", false,
     [](Recipe& r, std::string_view v) -> Result<void> {
         TRY(r.memoryBytes, parseByteSize(v));
         return {};
     }},
    {"--threads", false,
     [](Recipe& r, std::string_view v) -> Result<void> {
         TRY(const auto threads, numberBetween(v, 1, 1024));
         r.threads = static_cast<unsigned>(threads);
         return {};
     }},
    {"--verify", true, flag<&Recipe::verify, true>},
    {"--loss", true, flag<&Recipe::measureLoss, true>},
    {"--resume", true, flag<&Recipe::resume, true>},
    {"--overwrite", true, flag<&Recipe::overwrite, true>},
}};

}  // namespace

Result<void> setOption(Recipe& recipe, std::string_view option, std::string_view value) {
    const auto* const found = std::ranges::find(kOptions, option, &Option::name);
    if (found == kOptions.end()) return fail(Errc::Usage, fmt::format("convert has no option {}", option));
    auto set = found->set(recipe, value);
    if (!set) return fail(Errc::Usage, fmt::format("{}: {}", option, set.error().what));
    return {};
}

bool isFlag(std::string_view option) noexcept {
    const auto* const found = std::ranges::find(kOptions, option, &Option::name);
    return found != kOptions.end() && found->isFlag;
}

Result<void> setTargetBySuffix(Recipe& recipe) {
    const auto target = targetFromSuffix(recipe.destination);
    if (!target) {
        return fail(Errc::Usage, fmt::format("DST: the suffix of '{}' names no format; say --to pth, safetensors, "
                                             "tensors, npz or dcp",
                                             recipe.destination));
    }
    recipe.target = *target;
    return {};
}

}  // namespace plimsoll
