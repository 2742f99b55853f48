// SPDX-License-Identifier: GPL-3.0-or-later
#include "formats/gguf/gguf_metadata.h"

#include <array>
#include <bit>
#include <limits>
#include <string_view>
#include <unordered_set>

#include <fmt/format.h>

#include "checkpoint/words.h"
#include "pickle/literals.h"

namespace plimsoll {

namespace {

enum class GgufType : std::uint32_t { U8, I8, U16, I16, U32, I32, F32, Bool, String, Array, U64, I64, F64 };

// Least bytes of one value, by type; an empty string and an empty array still have their length fields.
constexpr std::array<std::uint64_t, 13> kLeastBytes = {1, 1, 2, 2, 4, 4, 4, 1, 8, 12, 8, 8, 8};

// Arrays of arrays exist in the specification, not in models.
constexpr std::uint32_t kArrayDepth = 8;

Result<GgufType> readType(GgufCursor& cursor) {
    const std::uint64_t at = cursor.offset();
    TRY(const auto type, cursor.read<std::uint32_t>());
    if (type >= kLeastBytes.size())
        return fail(Errc::Corrupt, fmt::format("value type {} (expected 0 to {})", type, kLeastBytes.size() - 1), at);
    return static_cast<GgufType>(type);
}

template <class T>
Result<Value> readInteger(GgufCursor& cursor) {
    TRY(const auto value, cursor.read<T>());
    return ValueTree::integer(static_cast<std::int64_t>(value));
}

template <class T>
Result<Value> readReal(GgufCursor& cursor) {
    TRY(const auto value, cursor.read<T>());
    return ValueTree::real(static_cast<double>(value));
}

// A number above the signed range keeps its value as a big integer.
Result<Value> readUnsigned64(ValueTree& tree, GgufCursor& cursor) {
    TRY(const auto value, cursor.read<std::uint64_t>());
    if (value <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
        return ValueTree::integer(static_cast<std::int64_t>(value));
    auto raw = std::bit_cast<std::array<char, 8>>(value);
    std::string bytes(raw.data(), raw.size());
    bytes.push_back('\0');  // the sign
    return tree.textCopy(ValueKind::BigInt, bytes);
}

Result<Value> readValue(ValueTree& tree, GgufCursor& cursor, GgufType type, std::uint32_t depth);

Result<Value> readArray(ValueTree& tree, GgufCursor& cursor, std::uint32_t depth) {
    if (depth >= kArrayDepth)
        return fail(Errc::OverLimit, fmt::format("arrays nested more than {} deep", kArrayDepth), cursor.offset());
    TRY(const auto type, readType(cursor));
    TRY(const auto count, cursor.count("array items", kLeastBytes[static_cast<std::size_t>(type)]));
    const Value list = tree.list();
    for (std::uint64_t i = 0; i < count; ++i) {
        TRY(const auto item, readValue(tree, cursor, type, depth + 1));
        tree.append(list, item);
    }
    return list;
}

Result<Value> readValue(ValueTree& tree, GgufCursor& cursor, GgufType type, std::uint32_t depth) {
    switch (type) {
        case GgufType::U8:
            return readInteger<std::uint8_t>(cursor);
        case GgufType::I8:
            return readInteger<std::int8_t>(cursor);
        case GgufType::U16:
            return readInteger<std::uint16_t>(cursor);
        case GgufType::I16:
            return readInteger<std::int16_t>(cursor);
        case GgufType::U32:
            return readInteger<std::uint32_t>(cursor);
        case GgufType::I32:
            return readInteger<std::int32_t>(cursor);
        case GgufType::I64:
            return readInteger<std::int64_t>(cursor);
        case GgufType::U64:
            return readUnsigned64(tree, cursor);
        case GgufType::F32:
            return readReal<float>(cursor);
        case GgufType::F64:
            return readReal<double>(cursor);
        case GgufType::Bool: {
            TRY(const auto value, cursor.read<std::uint8_t>());
            return ValueTree::boolean(value != 0);
        }
        case GgufType::String: {
            TRY(const auto text, cursor.text());
            if (!isPickleUtf8(text)) cursor.noteOddText();
            return tree.textIn(ValueKind::String, text);
        }
        case GgufType::Array:
            return readArray(tree, cursor, depth);
    }
    return fail(Errc::Corrupt, "unknown value type", cursor.offset());
}

Result<std::uint64_t> alignmentOf(const ValueTree& tree, GgufType type, Value value, std::uint64_t at) {
    if (type != GgufType::U32) return fail(Errc::Corrupt, "general.alignment is not of type u32, as GGUF demands", at);
    const auto alignment = static_cast<std::uint64_t>(tree.asInt(value));
    if (!std::has_single_bit(alignment))
        return fail(Errc::Corrupt, fmt::format("general.alignment is {} (expected a power of two)", alignment), at);
    return alignment;
}

// A split model names its number of files; this one alone is only a part.
void warnOfSplit(FileBeingRead& file, const ValueTree& tree, Value dict) {
    const auto count = tree.find(dict, "split.count");
    if (count && count->kind != ValueKind::Int)
        file.warn(fmt::format("split.count is {} (expected a number)", repr(tree, *count)));
    if (!count || count->kind != ValueKind::Int || tree.asInt(*count) <= 1) return;
    const auto number = tree.find(dict, "split.no");
    const std::int64_t part = number && number->kind == ValueKind::Int ? tree.asInt(*number) + 1 : 1;
    file.warn(fmt::format("this is part {} of a model split into {} files; the tensors of the others are not shown",
                          part, tree.asInt(*count)));
}

}  // namespace

Result<GgufMetadata> readGgufMetadata(FileBeingRead& file, GgufCursor& cursor, std::uint64_t count) {
    GgufMetadata metadata{file.values.dict()};
    std::unordered_set<std::string_view> seen;
    for (std::uint64_t i = 0; i < count; ++i) {
        const std::uint64_t at = cursor.offset();
        TRY(const auto key, cursor.text());
        if (!seen.insert(key).second)
            return fail(Errc::Corrupt, fmt::format("metadata key {} appears twice", inQuotes(key)), at);
        if (!isPickleUtf8(key)) file.warn(fmt::format("metadata key {} is not UTF-8", inQuotes(key)));
        TRY(const auto type, readType(cursor));
        TRY(const auto value, readValue(file.values, cursor, type, 0));
        if (key == "general.alignment") {
            TRY(metadata.alignment, alignmentOf(file.values, type, value, at));
        }
        file.values.insert(metadata.dict, file.values.textIn(ValueKind::String, key), value);
    }
    if (cursor.oddTexts() > 0) file.warn(fmt::format("{} texts of the metadata are not UTF-8", cursor.oddTexts()));
    warnOfSplit(file, file.values, metadata.dict);
    return metadata;
}

}  // namespace plimsoll
