// SPDX-License-Identifier: GPL-3.0-or-later
#include "checkpoint/filter.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/glob.h"
#include "checkpoint/words.h"

namespace plimsoll {

namespace {

std::string lowered(std::string_view text) {
    std::string result(text);
    // ASCII only: folding UTF-8 bytes one by one would break them.
    for (char& c : result)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return result;
}

Result<DType> parseDType(std::string_view word, std::string_view name) {
    if (const auto dtype = dtypeFromShortName(name)) return *dtype;
    if (const auto dtype = dtypeFromTorchName(name)) return *dtype;
    std::string upper(name);
    std::ranges::transform(upper, upper.begin(),
                           [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
    if (const auto dtype = dtypeFromSafetensorsName(upper)) return *dtype;
    return fail(Errc::Usage, fmt::format("{}: no dtype of this name (expected one like dtype:bf16)", inQuotes(word)));
}

Result<std::vector<std::optional<std::uint64_t>>> parseDims(std::string_view word, std::string_view dims) {
    std::vector<std::optional<std::uint64_t>> result;
    while (true) {
        const auto end = std::min(dims.find('x'), dims.size());
        const auto dim = dims.substr(0, end);
        std::uint64_t value = 0;
        const auto [stop, error] = std::from_chars(dim.data(), dim.data() + dim.size(), value);
        if (dim == "*") {
            result.emplace_back();
        } else if (error == std::errc() && stop == dim.data() + dim.size()) {
            result.emplace_back(value);
        } else {
            return fail(Errc::Usage, fmt::format("{}: {} is no dimension (expected a number or *, as in shape:*x4096)",
                                                 inQuotes(word), inQuotes(dim)));
        }
        if (end == dims.size()) return result;
        dims.remove_prefix(end + 1);
    }
}

}  // namespace

Result<Filter> Filter::parse(std::string_view pattern) {
    Filter filter;
    while (true) {
        const auto start = pattern.find_first_not_of(" \t");
        if (start == std::string_view::npos) return filter;
        pattern.remove_prefix(start);
        const auto word = pattern.substr(0, pattern.find_first_of(" \t"));
        pattern.remove_prefix(word.size());
        TRY(auto parsed, parseWord(word));
        filter.words_.push_back(std::move(parsed));
    }
}

Result<Filter::Word> Filter::parseWord(std::string_view word) {
    Word result;
    result.text = lowered(word);
    const std::string_view text = result.text;
    if (text.starts_with("dtype:")) {
        result.kind = Kind::DType;
        TRY(result.dtype, parseDType(word, text.substr(6)));
    } else if (text.starts_with("shape:")) {
        result.kind = Kind::Shape;
        TRY(result.dims, parseDims(word, text.substr(6)));
    } else if (text.starts_with("size>") || text.starts_with("size<")) {
        result.kind = text[4] == '>' ? Kind::SizeAbove : Kind::SizeBelow;
        const auto bytes = parseByteSize(word.substr(5));
        if (!bytes)
            return fail(Errc::Usage, fmt::format("{}: {} (expected one like size>1M or size<4KiB)", inQuotes(word),
                                                 bytes.error().what));
        result.bytes = *bytes;
    } else {
        result.kind = text.find_first_of("*?[") == std::string_view::npos ? Kind::Substring : Kind::Glob;
    }
    return result;
}

bool Filter::matchesWord(const Word& word, const TensorTable& table, TensorId id, std::string_view loweredName) {
    switch (word.kind) {
        case Kind::Glob:
            return globMatches(word.text, loweredName);
        case Kind::Substring:
            return loweredName.find(word.text) != std::string_view::npos;
        case Kind::DType:
            return table.dtype(id) == word.dtype;
        case Kind::SizeAbove:
            return table.nbytes(id) > word.bytes;
        case Kind::SizeBelow:
            return table.nbytes(id) < word.bytes;
        case Kind::Shape: {
            const auto shape = table.shape(id);
            return std::ranges::equal(shape, word.dims,
                                      [](std::uint64_t is, const auto& wanted) { return !wanted || *wanted == is; });
        }
    }
    return false;
}

bool Filter::matches(const TensorTable& table, TensorId id) const {
    const bool needsName = std::ranges::any_of(
        words_, [](const Word& word) { return word.kind == Kind::Glob || word.kind == Kind::Substring; });
    const std::string name = needsName ? lowered(table.name(id)) : std::string();
    return std::ranges::all_of(words_, [&](const Word& word) { return matchesWord(word, table, id, name); });
}

std::vector<TensorId> filterTensors(const TensorTable& table, const Filter& filter) {
    std::vector<TensorId> rows;
    for (std::uint32_t i = 0; i < table.size(); ++i)
        if (filter.matches(table, TensorId(i))) rows.emplace_back(i);
    return rows;
}

}  // namespace plimsoll
