// SPDX-License-Identifier: GPL-3.0-or-later
#include "checkpoint/filter.h"

#include <algorithm>
#include <charconv>
#include <thread>

#include <fmt/format.h>
#include <re2/re2.h>

#include "base/glob.h"
#include "checkpoint/words.h"

namespace plimsoll {

namespace {

// ASCII only: folding UTF-8 bytes one by one would break them.
char lowered(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string lowered(std::string_view text) {
    std::string result(text);
    for (char& c : result) c = lowered(c);
    return result;
}

// The text in lower case at the start of a buffer that only ever grows.
std::string_view loweredInto(std::string& buffer, std::string_view text) {
    if (buffer.size() < text.size()) buffer.resize(text.size());
    std::transform(text.begin(), text.end(), buffer.begin(), [](char c) { return lowered(c); });
    return std::string_view(buffer).substr(0, text.size());
}

std::size_t longestName(const TensorTable& table) {
    std::size_t longest = 0;
    for (std::uint32_t i = 0; i < table.size(); ++i) longest = std::max(longest, table.name(TensorId(i)).size());
    return longest;
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

Result<std::shared_ptr<const RE2>> parseRegex(std::string_view word) {
    RE2::Options options;
    options.set_log_errors(false);
    options.set_case_sensitive(false);
    // Names are bytes: those that are no UTF-8 must match too.
    options.set_encoding(RE2::Options::EncodingLatin1);
    auto regex = std::make_shared<const RE2>(std::string(word.substr(1, word.size() - 2)), options);
    if (!regex->ok())
        return fail(Errc::Usage, fmt::format("{}: {} (expected a regular expression between the slashes)",
                                             inQuotes(word), regex->error()));
    return regex;
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
    if (text.size() > 2 && text.front() == '/' && text.back() == '/') {
        result.kind = Kind::Regex;
        TRY(result.regex, parseRegex(word));
    } else if (text.starts_with("dtype:")) {
        result.kind = Kind::DType;
        TRY(result.dtype, parseDType(word, text.substr(6)));
    } else if (text.starts_with("shape:")) {
        result.kind = Kind::Shape;
        TRY(result.dims, parseDims(word, text.substr(6)));
    } else if (text.starts_with("size>") || text.starts_with("size<")) {
        result.kind = text[4] == '>' ? Kind::SizeAbove : Kind::SizeBelow;
        const auto bytes = parseByteSize(word.substr(5));
        if (!bytes)
            return fail(Errc::Usage, fmt::format("{}: {} is no size (expected one like size>1M or size<4KiB)",
                                                 inQuotes(word), inQuotes(word.substr(5))));
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
        case Kind::Regex:
            return RE2::PartialMatch(re2::StringPiece(loweredName.data(), loweredName.size()), *word.regex);
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

bool Filter::matches(const TensorTable& table, TensorId id, std::string& buffer) const {
    const bool needsName = std::ranges::any_of(words_, [](const Word& word) {
        return word.kind == Kind::Glob || word.kind == Kind::Substring || word.kind == Kind::Regex;
    });
    const auto name = needsName ? loweredInto(buffer, table.name(id)) : std::string_view();
    return std::ranges::all_of(words_, [&](const Word& word) { return matchesWord(word, table, id, name); });
}

bool Filter::matches(const TensorTable& table, TensorId id) const {
    std::string buffer;
    return matches(table, id, buffer);
}

std::vector<TensorId> filterTensors(const TensorTable& table, const Filter& filter) {
    const auto matched = matchTensors(table, filter);
    std::vector<TensorId> rows;
    for (std::uint32_t i = 0; i < table.size(); ++i)
        if (matched[i] != 0) rows.emplace_back(i);
    return rows;
}

std::vector<std::uint8_t> matchTensors(const TensorTable& table, const Filter& filter, const std::stop_token& stop) {
    constexpr std::size_t kRowsPerThread = 50'000;
    constexpr std::size_t kMostThreads = 8;
    constexpr std::uint32_t kRowsPerStopCheck = 8192;
    std::vector<std::uint8_t> matched(table.size(), 0);
    const std::size_t threads =
        std::clamp<std::size_t>(table.size() / kRowsPerThread, 1,
                                std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, kMostThreads));
    // Long enough from the start, so that nothing is allocated on the threads.
    std::vector<std::string> buffers(threads, std::string(longestName(table), '\0'));
    const auto work = [&](std::size_t part) {
        const auto first = static_cast<std::uint32_t>(table.size() * part / threads);
        const auto last = static_cast<std::uint32_t>(table.size() * (part + 1) / threads);
        for (std::uint32_t i = first; i < last; ++i) {
            if ((i - first) % kRowsPerStopCheck == 0 && stop.stop_requested()) return;
            matched[i] = filter.matches(table, TensorId(i), buffers[part]) ? 1 : 0;
        }
    };
    {
        std::vector<std::jthread> helpers;
        for (std::size_t part = 1; part < threads; ++part) helpers.emplace_back(work, part);
        work(0);
    }
    return matched;
}

}  // namespace plimsoll
