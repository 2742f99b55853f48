// SPDX-License-Identifier: GPL-3.0-or-later
#include "convert/command_line.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/limits.h"

namespace plimsoll {

namespace {

// Exact, and as short as the units allow: "5GB", "512MiB", "123".
std::string exactSize(std::uint64_t bytes) {
    constexpr std::array<std::pair<std::uint64_t, std::string_view>, 4> kUnits = {
        {{1'000'000'000, "GB"}, {limits::GiB, "GiB"}, {1'000'000, "MB"}, {limits::MiB, "MiB"}}};
    for (const auto& [unit, name] : kUnits)
        if (bytes >= unit && bytes % unit == 0) return std::to_string(bytes / unit) + std::string(name);
    return std::to_string(bytes);
}

bool isPlain(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_@%+=:,./-").find(c) != std::string_view::npos;
}

}  // namespace

std::string shellQuoted(std::string_view argument) {
    if (!argument.empty() && std::ranges::all_of(argument, isPlain)) return std::string(argument);
    std::string quoted = "'";
    for (const char c : argument)
        if (c == '\'')
            quoted += "'\\''";
        else
            quoted += c;
    return quoted + "'";
}

std::string convertCommandLine(std::string_view source, const Recipe& recipe) {
    std::vector<std::string> words{"plimsoll-cli",     "convert", std::string(source),
                                   recipe.destination, "--to",    std::string(targetName(recipe.target))};
    const auto add = [&](std::string_view option, std::string value) {
        words.emplace_back(option);
        words.push_back(std::move(value));
    };
    if (recipe.dtype) add("--dtype", std::string(shortName(*recipe.dtype)));
    for (const CastRule& rule : recipe.rules)
        add("--rule", rule.glob + "=" + (rule.dtype ? std::string(shortName(*rule.dtype)) : "keep"));
    if (recipe.saturate) words.emplace_back("--saturate");
    for (const RenameRule& rule : recipe.renames) add("--rename", rule.text());
    for (const std::string& pattern : recipe.keep) add("--keep", pattern);
    for (const std::string& pattern : recipe.drop) add("--drop", pattern);
    if (recipe.weightsOnly) words.emplace_back("--weights-only");
    if (recipe.maxShardBytes) add("--max-shard-size", exactSize(*recipe.maxShardBytes));
    if (recipe.tpRanks != 0) add("--tp", std::to_string(recipe.tpRanks));
    for (const TpRule& rule : recipe.tpRules) {
        std::string value = rule.dim ? std::to_string(*rule.dim) : "replicate";
        if (rule.parts != 1) value += "x" + std::to_string(rule.parts);
        add("--tp-rule", rule.glob + "=" + value);
    }
    if (recipe.shardCount) add("--shards", std::to_string(*recipe.shardCount));
    if (recipe.memoryBytes != Recipe{}.memoryBytes) add("--memory", exactSize(recipe.memoryBytes));
    if (recipe.verify) words.emplace_back("--verify");
    if (recipe.measureLoss) words.emplace_back("--loss");
    if (recipe.resume) words.emplace_back("--resume");
    if (recipe.overwrite) words.emplace_back("--overwrite");
    std::string line;
    for (const std::string& word : words) line += (line.empty() ? "" : " ") + shellQuoted(word);
    return line;
}

}  // namespace plimsoll
