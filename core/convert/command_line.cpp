// SPDX-License-Identifier: GPL-3.0-or-later
#include "convert/command_line.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "convert/recipe_options.h"

namespace plimsoll {

namespace {

bool isPlain(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_@%+=:,./-").find(c) != std::string_view::npos;
}

// The words of a line as a POSIX shell makes them, without expansions.
Result<std::vector<std::string>> shellWords(std::string_view line) {
    std::vector<std::string> words;
    bool inWord = false;
    char quote = 0;
    for (std::size_t i = 0; i < line.size(); ++i) {
        const char c = line[i];
        const bool isBlank = c == ' ' || c == '\t' || c == '\n' || c == '\r';
        if (quote == 0 && isBlank) {
            inWord = false;
            continue;
        }
        if (!std::exchange(inWord, true)) words.emplace_back();
        const bool escapes = c == '\\' && quote != '\'' && i + 1 < line.size() &&
                             (quote == 0 || line[i + 1] == '"' || line[i + 1] == '\\');
        if (escapes) {
            // The end of a line between two quotes goes on with the command.
            if (line[++i] != '\n') words.back() += line[i];
        } else if (quote == 0 && (c == '\'' || c == '"')) {
            quote = c;
        } else if (c == quote) {
            quote = 0;
        } else {
            words.back() += c;
        }
    }
    if (quote != 0) return fail(Errc::Usage, std::string("a quote is not closed: ") + quote);
    return words;
}

}  // namespace

std::string exactByteSize(std::uint64_t bytes) {
    constexpr std::array<std::pair<std::uint64_t, std::string_view>, 4> kUnits = {
        {{1'000'000'000, "GB"}, {limits::GiB, "GiB"}, {1'000'000, "MB"}, {limits::MiB, "MiB"}}};
    for (const auto& [unit, name] : kUnits)
        if (bytes >= unit && bytes % unit == 0) return std::to_string(bytes / unit) + std::string(name);
    return std::to_string(bytes);
}

std::string shellQuoted(std::string_view argument) {
    if (!argument.empty() && std::ranges::all_of(argument, isPlain)) return std::string(argument);
    std::string quoted = "'";
    for (const char c : argument) {
        if (c == '\'')
            quoted += "'\\''";
        else
            quoted += c;
    }
    return quoted + "'";
}

std::string convertCommandLine(std::string_view source, const Recipe& recipe) {
    std::vector<std::string> words{"plimsoll-cli",     "convert", std::string(source),
                                   recipe.destination, "--to",    std::string(targetName(recipe.target))};
    const auto add = [&](std::string_view option, const std::string& value) {
        words.emplace_back(option);
        // What begins like an option must be seen to be none.
        if (value.starts_with('-'))
            words.back().append("=").append(value);
        else
            words.push_back(value);
    };
    if (recipe.dtype) add("--dtype", std::string(shortName(*recipe.dtype)));
    for (const CastRule& rule : recipe.rules)
        add("--rule", rule.glob + "=" + (rule.dtype ? std::string(shortName(*rule.dtype)) : "keep"));
    if (recipe.saturate) words.emplace_back("--saturate");
    for (const RenameRule& rule : recipe.renames) add("--rename", rule.text());
    for (const std::string& pattern : recipe.keep) add("--keep", pattern);
    for (const std::string& pattern : recipe.drop) add("--drop", pattern);
    if (recipe.weightsOnly) words.emplace_back("--weights-only");
    if (recipe.maxShardBytes) add("--max-shard-size", exactByteSize(*recipe.maxShardBytes));
    if (recipe.tpRanks != 0) add("--tp", std::to_string(recipe.tpRanks));
    for (const TpRule& rule : recipe.tpRules) {
        std::string value = rule.dim ? std::to_string(*rule.dim) : "replicate";
        if (rule.parts != 1) value.append("x").append(std::to_string(rule.parts));
        add("--tp-rule", rule.glob + "=" + value);
    }
    if (recipe.tpMerge) words.emplace_back("--tp-merge");
    if (recipe.shardCount) add("--shards", std::to_string(*recipe.shardCount));
    if (recipe.memoryBytes != Recipe{}.memoryBytes) add("--memory", exactByteSize(recipe.memoryBytes));
    if (recipe.threads != 0) add("--threads", std::to_string(recipe.threads));
    if (recipe.verify) words.emplace_back("--verify");
    if (recipe.measureLoss) words.emplace_back("--loss");
    if (recipe.resume) words.emplace_back("--resume");
    if (recipe.overwrite) words.emplace_back("--overwrite");
    std::string line;
    for (const std::string& word : words) line.append(line.empty() ? "" : " ").append(shellQuoted(word));
    return line;
}

Result<ConvertCommand> parseConvertCommand(std::string_view line) {
    TRY(const auto words, shellWords(line));
    auto word = words.begin();
    if (word != words.end() && word->ends_with("plimsoll-cli")) ++word;
    if (word == words.end() || *word++ != "convert")
        return fail(Errc::Usage, "this is no 'plimsoll-cli convert SRC DST' command");
    ConvertCommand command;
    std::vector<std::string> paths;
    bool hasTarget = false;
    for (; word != words.end(); ++word) {
        if (!word->starts_with("--")) {
            paths.push_back(*word);
            continue;
        }
        const auto equals = word->find('=');
        const auto option = word->substr(0, equals);
        hasTarget = hasTarget || option == "--to";
        if (isFlag(option) || equals != std::string::npos) {
            const auto value = equals == std::string::npos ? std::string() : word->substr(equals + 1);
            TRY_VOID(setOption(command.recipe, option, value));
        } else {
            if (word + 1 == words.end()) return fail(Errc::Usage, option + ": is followed by nothing");
            TRY_VOID(setOption(command.recipe, option, *++word));
        }
    }
    if (paths.size() != 2) return fail(Errc::Usage, "the command names no SRC and DST");
    command.source = paths[0];
    command.recipe.destination = paths[1];
    if (!hasTarget) TRY_VOID(setTargetBySuffix(command.recipe));
    return command;
}

}  // namespace plimsoll
