// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "checkpoint/tensor_table.h"

namespace re2 {
class RE2;
}

namespace plimsoll {

// CLI.md's PATTERN: words separated by spaces, all must hold. A word is a glob on the whole dotted name ("*.weight",
// "layers.?.attn.*"); a word without * ? [ matches anywhere in the name; a regular expression between slashes (RE2), to
// be found anywhere in the name: "/\.(q|k)_proj$/"; or a term: dtype:bf16, size>1M, size<4KiB, shape:*x4096.
// Case-insensitive.
class Filter {
public:
    // Usage with the word that is wrong and what was expected.
    [[nodiscard]] static Result<Filter> parse(std::string_view pattern);

    [[nodiscard]] bool matches(const TensorTable& table, TensorId id) const;
    // The same with a buffer of the caller's that keeps its room from row to row: nothing is allocated once it is as
    // long as the name.
    [[nodiscard]] bool matches(const TensorTable& table, TensorId id, std::string& buffer) const;
    [[nodiscard]] bool matchesAll() const noexcept { return words_.empty(); }

private:
    enum class Kind : std::uint8_t { Glob, Substring, Regex, DType, SizeAbove, SizeBelow, Shape };
    struct Word {
        Kind kind = Kind::Substring;
        std::string text;
        std::shared_ptr<const re2::RE2> regex;  // copies share it; safe from any thread
        std::uint64_t bytes = 0;
        plimsoll::DType dtype = plimsoll::DType::F32;
        std::vector<std::optional<std::uint64_t>> dims;
    };
    [[nodiscard]] static Result<Word> parseWord(std::string_view word);
    [[nodiscard]] static bool matchesWord(const Word& word, const TensorTable& table, TensorId id,
                                          std::string_view loweredName);

    std::vector<Word> words_;
};

[[nodiscard]] std::vector<TensorId> filterTensors(const TensorTable& table, const Filter& filter);

// One byte a row: 1 where it matches. Large tables are split among threads; a stop leaves the rest 0.
[[nodiscard]] std::vector<std::uint8_t> matchTensors(const TensorTable& table, const Filter& filter,
                                                     const std::stop_token& stop = {});

}  // namespace plimsoll
