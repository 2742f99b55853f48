// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "checkpoint/tensor_table.h"

namespace plimsoll {

// CLI.md's PATTERN: words separated by spaces, all must hold. A word is a glob on the whole dotted name ("*.weight",
// "layers.?.attn.*"); a word without * ? [ matches anywhere in the name; or a term: dtype:bf16, size>1M, size<4KiB,
// shape:*x4096. Case-insensitive.
class Filter {
public:
    // Usage with the word that is wrong and what was expected.
    [[nodiscard]] static Result<Filter> parse(std::string_view pattern);

    [[nodiscard]] bool matches(const TensorTable& table, TensorId id) const;
    [[nodiscard]] bool matchesAll() const noexcept { return words_.empty(); }

private:
    enum class Kind : std::uint8_t { Glob, Substring, DType, SizeAbove, SizeBelow, Shape };
    struct Word {
        Kind kind = Kind::Substring;
        std::string text;
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

}  // namespace plimsoll
