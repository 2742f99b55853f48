// SPDX-License-Identifier: GPL-3.0-or-later
#include "formats/npy/python_literal.h"

#include <charconv>
#include <string>
#include <vector>

#include <fmt/format.h>

namespace plimsoll {

namespace {

// A structured dtype nests a few levels; a header never needs more.
constexpr int kDepth = 32;

class LiteralParser {
public:
    LiteralParser(ValueTree& tree, std::string_view text, std::uint64_t startOffset)
        : tree_(tree), text_(text), start_(startOffset) {}

    Result<Value> parseAll() {
        TRY(const auto value, parseValue(0));
        skipSpace();
        if (at_ != text_.size()) return wrong("the end of the header");
        return value;
    }

private:
    [[nodiscard]] tl::unexpected<Error> wrong(std::string_view expected) const {
        const std::string found = at_ < text_.size() ? fmt::format("character {:#04x}", byteAt(at_)) : "the end";
        return fail(Errc::Corrupt, fmt::format("numpy header: {} (expected {})", found, expected), start_ + at_);
    }

    [[nodiscard]] unsigned byteAt(std::size_t i) const { return static_cast<unsigned char>(text_[i]); }
    [[nodiscard]] bool next(char c) const { return at_ < text_.size() && text_[at_] == c; }

    void skipSpace() {
        while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t')) ++at_;
    }

    bool takeWord(std::string_view word) {
        if (text_.substr(at_, word.size()) != word) return false;
        at_ += word.size();
        return true;
    }

    Result<Value> parseValue(int depth) {
        if (depth > kDepth)
            return fail(Errc::OverLimit, fmt::format("numpy header: nested more than {} deep", kDepth), start_ + at_);
        skipSpace();
        if (next('\'') || next('"')) return parseString();
        if (next('(')) return parseSequence(ValueKind::Tuple, ')', depth);
        if (next('[')) return parseSequence(ValueKind::List, ']', depth);
        if (next('{')) return parseDict(depth);
        if (takeWord("True")) return ValueTree::boolean(true);
        if (takeWord("False")) return ValueTree::boolean(false);
        if (takeWord("None")) return ValueTree::none();
        return parseInteger();
    }

    Result<Value> parseString() {
        const char quote = text_[at_++];
        const std::size_t begin = at_;
        while (at_ < text_.size() && text_[at_] != quote && text_[at_] != '\n') {
            if (text_[at_] == '\\') return wrong("a string without escapes");
            ++at_;
        }
        if (!next(quote)) return wrong("the end of a string");
        return tree_.textIn(ValueKind::String, text_.substr(begin, at_++ - begin));
    }

    Result<Value> parseInteger() {
        std::int64_t number = 0;
        const char* const begin = text_.data() + at_;
        const auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), number);
        if (error == std::errc::invalid_argument) return wrong("a value");
        if (error != std::errc()) return wrong("an integer of at most 64 bits");
        at_ += static_cast<std::size_t>(end - begin);
        if (next('L')) ++at_;
        return ValueTree::integer(number);
    }

    Result<Value> parseSequence(ValueKind kind, char close, int depth) {
        ++at_;
        std::vector<Value> items;
        for (skipSpace(); !next(close); skipSpace()) {
            TRY(const auto item, parseValue(depth + 1));
            items.push_back(item);
            skipSpace();
            if (next(close)) break;
            if (!next(',')) return wrong("a comma or the end of a sequence");
            ++at_;
        }
        const bool comma = items.size() != 1 || text_[lastBeforeSpace()] == ',';
        ++at_;
        // (x) is x in Python, (x,) a tuple.
        if (kind == ValueKind::Tuple) return comma ? tree_.tuple(items) : items.front();
        const Value list = tree_.list();
        for (const Value item : items) tree_.append(list, item);
        return list;
    }

    [[nodiscard]] std::size_t lastBeforeSpace() const {
        std::size_t i = at_ - 1;
        while (i > 0 && (text_[i] == ' ' || text_[i] == '\n' || text_[i] == '\t')) --i;
        return i;
    }

    Result<Value> parseDict(int depth) {
        ++at_;
        const Value dict = tree_.dict();
        for (skipSpace(); !next('}'); skipSpace()) {
            TRY(const auto key, parseValue(depth + 1));
            skipSpace();
            if (!next(':')) return wrong("':' after a key");
            ++at_;
            TRY(const auto item, parseValue(depth + 1));
            tree_.insert(dict, key, item);
            skipSpace();
            if (next('}')) break;
            if (!next(',')) return wrong("a comma or '}'");
            ++at_;
        }
        ++at_;
        return dict;
    }

    ValueTree& tree_;
    std::string_view text_;
    std::uint64_t start_;
    std::size_t at_ = 0;
};

}  // namespace

Result<Value> parsePythonLiteral(ValueTree& tree, std::string_view text, std::uint64_t startOffset) {
    return LiteralParser(tree, text, startOffset).parseAll();
}

}  // namespace plimsoll
