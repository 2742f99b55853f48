// SPDX-License-Identifier: GPL-3.0-or-later
#include "convert/recipe.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace plimsoll {

namespace {

// What --dtype and --rule offer; the other 8-bit types exist in files but nothing is cast to them.
constexpr std::array kCastTargets = {DType::F64, DType::F32, DType::F16, DType::BF16, DType::F8_E4M3FN, DType::F8_E5M2};

constexpr std::array<std::string_view, 5> kPthSuffixes = {".pth", ".pt", ".bin", ".ckpt", ".th"};

bool endsWithIgnoringCase(std::string_view text, std::string_view suffix) noexcept {
    if (text.size() < suffix.size()) return false;
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return std::ranges::equal(text.substr(text.size() - suffix.size()), suffix, {}, lower, lower);
}

}  // namespace

std::string_view targetName(Target target) noexcept {
    return target == Target::Pth ? "pth" : "safetensors";
}

std::optional<Target> targetFromName(std::string_view name) noexcept {
    if (name == targetName(Target::Pth)) return Target::Pth;
    if (name == targetName(Target::Safetensors)) return Target::Safetensors;
    return std::nullopt;
}

std::optional<Target> targetFromSuffix(std::string_view path) noexcept {
    if (endsWithIgnoringCase(path, ".safetensors")) return Target::Safetensors;
    const auto isSuffix = [path](std::string_view suffix) { return endsWithIgnoringCase(path, suffix); };
    if (std::ranges::any_of(kPthSuffixes, isSuffix)) return Target::Pth;
    return std::nullopt;
}

bool isCastTarget(DType dtype) noexcept {
    return std::ranges::find(kCastTargets, dtype) != kCastTargets.end();
}

Result<CastRule> parseCastRule(std::string_view text) {
    // The last '=': a glob may hold one, a dtype does not.
    const auto equals = text.rfind('=');
    if (equals == std::string_view::npos || equals == 0)
        return fail(Errc::Usage, fmt::format("rule '{}' is not GLOB=DTYPE", text));
    const auto name = text.substr(equals + 1);
    CastRule rule{std::string(text.substr(0, equals)), std::nullopt};
    if (name == "keep") return rule;
    rule.dtype = dtypeFromShortName(name);
    if (!rule.dtype || !isCastTarget(*rule.dtype))
        return fail(Errc::Usage,
                    fmt::format("rule '{}': '{}' is none of f64 f32 f16 bf16 f8_e4m3fn f8_e5m2 keep", text, name));
    return rule;
}

}  // namespace plimsoll
