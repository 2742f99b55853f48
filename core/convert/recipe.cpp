// SPDX-License-Identifier: GPL-3.0-or-later
#include "convert/recipe.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <system_error>

#include <fmt/format.h>

namespace plimsoll {

namespace {

// What --dtype offers; the other 8-bit types exist in files but nothing is cast to them.
constexpr std::array kCastTargets = {DType::F64, DType::F32, DType::F16, DType::BF16, DType::F8_E4M3FN, DType::F8_E5M2};

// In the order of Target.
constexpr std::array<std::string_view, 5> kTargetNames = {"pth", "safetensors", "tensors", "npz", "dcp"};

constexpr std::array<std::string_view, 5> kPthSuffixes = {".pth", ".pt", ".bin", ".ckpt", ".th"};

bool endsWithIgnoringCase(std::string_view text, std::string_view suffix) noexcept {
    if (text.size() < suffix.size()) return false;
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return std::ranges::equal(text.substr(text.size() - suffix.size()), suffix, {}, lower, lower);
}

}  // namespace

std::string_view targetName(Target target) noexcept {
    return kTargetNames[static_cast<std::size_t>(target)];
}

std::optional<Target> targetFromName(std::string_view name) noexcept {
    const auto found = std::ranges::find(kTargetNames, name);
    if (found == kTargetNames.end()) return std::nullopt;
    return static_cast<Target>(found - kTargetNames.begin());
}

std::optional<Target> targetFromSuffix(std::string_view path) noexcept {
    if (endsWithIgnoringCase(path, ".safetensors")) return Target::Safetensors;
    if (endsWithIgnoringCase(path, ".npz")) return Target::Npz;
    const auto isSuffix = [path](std::string_view suffix) { return endsWithIgnoringCase(path, suffix); };
    if (std::ranges::any_of(kPthSuffixes, isSuffix)) return Target::Pth;
    return std::nullopt;
}

bool isIntegerTarget(DType dtype) noexcept {
    return dtype >= DType::I64 && dtype <= DType::Bool;
}

bool writesDirectory(const Recipe& recipe) noexcept {
    return recipe.tpRanks != 0 || recipe.target == Target::Tensors || recipe.target == Target::Dcp || isSharded(recipe);
}

bool isSharded(const Recipe& recipe) noexcept {
    return recipe.maxShardBytes || recipe.shardCount;
}

Result<void> checkRecipe(const Recipe& recipe) {
    if (recipe.destination.empty()) return fail(Errc::Usage, "the conversion has no destination");
    const auto target = recipe.target;
    if (recipe.tpRanks != 0 && target != Target::Pth && target != Target::Safetensors)
        return fail(Errc::Usage, fmt::format("ranks are written as pth or safetensors, not as {}", targetName(target)));
    if (recipe.tpRanks != 0 && isSharded(recipe)) return fail(Errc::Usage, "the files of ranks are not sharded on top");
    if (recipe.maxShardBytes == std::uint64_t{0}) return fail(Errc::Usage, "a shard of 0 bytes holds nothing");
    if (recipe.shardCount == std::uint64_t{0}) return fail(Errc::Usage, "0 shards hold nothing");
    if (recipe.shardCount && recipe.maxShardBytes)
        return fail(Errc::Usage, "shards are cut by size or by count, not by both");
    if (isSharded(recipe) && (target == Target::Npz || target == Target::Tensors))
        return fail(Errc::Usage, fmt::format("{} has no shards", targetName(target)));
    return {};
}

bool isCastTarget(DType dtype) noexcept {
    return std::ranges::find(kCastTargets, dtype) != kCastTargets.end();
}

Result<TpRule> parseTpRule(std::string_view text) {
    const auto equals = text.rfind('=');
    const auto wrong = [&] {
        return fail(Errc::Usage, fmt::format("'{}' is not GLOB=DIM, GLOB=DIMxPARTS or GLOB=replicate", text));
    };
    if (equals == std::string_view::npos || equals == 0) return wrong();
    TpRule rule{std::string(text.substr(0, equals)), std::nullopt, 1};
    auto value = text.substr(equals + 1);
    if (value == "replicate") return rule;
    const auto number = [&value](std::uint32_t& into) {
        const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), into);
        value.remove_prefix(static_cast<std::size_t>(end - value.data()));
        return error == std::errc();
    };
    std::uint32_t dim = 0;
    if (!number(dim)) return wrong();
    rule.dim = dim;
    if (value.starts_with('x')) {
        value.remove_prefix(1);
        if (!number(rule.parts) || rule.parts == 0) return wrong();
    }
    if (!value.empty()) return wrong();
    return rule;
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
    if (!rule.dtype || !(isCastTarget(*rule.dtype) || isIntegerTarget(*rule.dtype))) {
        return fail(Errc::Usage,
                    fmt::format("rule '{}': '{}' is none of f64 f32 f16 bf16 f8_e4m3fn f8_e5m2 i64 i32 i16 i8 u64 u32 "
                                "u16 u8 bool keep",
                                text, name));
    }
    return rule;
}

}  // namespace plimsoll
