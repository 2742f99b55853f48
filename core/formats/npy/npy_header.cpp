// SPDX-License-Identifier: GPL-3.0-or-later
#include "formats/npy/npy_header.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "base/byte_cursor.h"
#include "base/checked.h"
#include "checkpoint/words.h"
#include "formats/npy/python_literal.h"

namespace plimsoll {

namespace {

constexpr std::string_view kMagic = "\x93NUMPY";

// Size and, where we compute with it, the type of one numpy scalar type such as "f4" or "M8[ns]".
struct ScalarType {
    DType dtype = DType::Opaque;
    std::uint64_t bytes = 0;
    bool bigEndian = false;
    bool isObject = false;
};

std::optional<DType> knownType(char kind, std::uint64_t bytes) noexcept {
    switch (kind) {
        case 'f':
            return bytes == 2   ? std::optional(DType::F16)
                   : bytes == 4 ? std::optional(DType::F32)
                   : bytes == 8 ? std::optional(DType::F64)
                                : std::nullopt;
        case 'i':
            return bytes == 1   ? std::optional(DType::I8)
                   : bytes == 2 ? std::optional(DType::I16)
                   : bytes == 4 ? std::optional(DType::I32)
                   : bytes == 8 ? std::optional(DType::I64)
                                : std::nullopt;
        case 'u':
            return bytes == 1   ? std::optional(DType::U8)
                   : bytes == 2 ? std::optional(DType::U16)
                   : bytes == 4 ? std::optional(DType::U32)
                   : bytes == 8 ? std::optional(DType::U64)
                                : std::nullopt;
        case 'c':
            return bytes == 8 ? std::optional(DType::C64) : bytes == 16 ? std::optional(DType::C128) : std::nullopt;
        case 'b':
            return bytes == 1 ? std::optional(DType::Bool) : std::nullopt;
        default:
            return std::nullopt;
    }
}

// Other spellings that numpy.load takes: a C type's letter, or a name.
std::string_view usualSpelling(std::string_view descr) noexcept {
    static constexpr std::pair<std::string_view, std::string_view> kSpellings[] = {
        {"?", "b1"},         {"b", "i1"},           {"B", "u1"},      {"h", "i2"},      {"H", "u2"},
        {"i", "i4"},         {"I", "u4"},           {"l", "i8"},      {"L", "u8"},      {"q", "i8"},
        {"Q", "u8"},         {"p", "i8"},           {"P", "u8"},      {"e", "f2"},      {"f", "f4"},
        {"d", "f8"},         {"g", "f16"},          {"F", "c8"},      {"D", "c16"},     {"G", "c32"},
        {"bool", "b1"},      {"int8", "i1"},        {"int16", "i2"},  {"int32", "i4"},  {"int64", "i8"},
        {"uint8", "u1"},     {"uint16", "u2"},      {"uint32", "u4"}, {"uint64", "u8"}, {"float16", "f2"},
        {"float32", "f4"},   {"float64", "f8"},     {"half", "f2"},   {"single", "f4"}, {"double", "f8"},
        {"complex64", "c8"}, {"complex128", "c16"}, {"float", "f8"},  {"int", "i8"},    {"object", "O"},
    };
    const auto* const found =
        std::ranges::find(kSpellings, descr, &std::pair<std::string_view, std::string_view>::first);
    return found == std::end(kSpellings) ? descr : found->second;
}

// "<f4": byte order, kind, size, and for times a unit in brackets.
std::optional<ScalarType> parseScalar(std::string_view descr) noexcept {
    ScalarType type;
    if (!descr.empty() && std::string_view("<>|=").find(descr.front()) != std::string_view::npos) {
        type.bigEndian = descr.front() == '>';
        descr.remove_prefix(1);
    }
    if (descr.empty()) return std::nullopt;
    descr = usualSpelling(descr);
    const char kind = descr.front();
    descr.remove_prefix(1);
    if (kind == 'O') {
        type.isObject = true;
        type.bytes = 8;
        return type;
    }
    if (std::string_view("fiucbSUVMmat").find(kind) == std::string_view::npos) return std::nullopt;
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(descr.data(), descr.data() + descr.size(), number);
    if (error != std::errc()) return std::nullopt;
    const std::string_view rest(end, static_cast<std::size_t>(descr.data() + descr.size() - end));
    if (!rest.empty() && ((kind != 'M' && kind != 'm') || rest.front() != '[' || rest.back() != ']'))
        return std::nullopt;
    type.bytes = kind == 'U' ? 4 * std::min<std::uint64_t>(number, std::numeric_limits<std::uint32_t>::max()) : number;
    if (const auto known = knownType(kind, number)) type.dtype = *known;
    // numpy knows no other widths of numbers; long double (f16, c32) has no torch type but a size.
    const bool isNumber = std::string_view("fiucb").find(kind) != std::string_view::npos;
    const bool isLongDouble = (kind == 'f' && number == 16) || (kind == 'c' && number == 32);
    if (isNumber && type.dtype == DType::Opaque && !isLongDouble) return std::nullopt;
    if ((kind == 'M' || kind == 'm') && number != 8) return std::nullopt;
    return type;
}

std::optional<std::uint64_t> productOf(const ValueTree& tree, Value shape) {
    if (shape.kind == ValueKind::Int)
        return tree.asInt(shape) < 0 ? std::nullopt : std::optional(static_cast<std::uint64_t>(tree.asInt(shape)));
    if (shape.kind != ValueKind::Tuple) return std::nullopt;
    std::uint64_t product = 1;
    for (const Value dim : tree.items(shape)) {
        if (dim.kind != ValueKind::Int || tree.asInt(dim) < 0) return std::nullopt;
        const auto next = checkedMul(product, static_cast<std::uint64_t>(tree.asInt(dim)));
        if (!next) return std::nullopt;
        product = *next;
    }
    return product;
}

// Bytes of one element of a structured type: the sum of its fields (name, type[, shape]); depth is bounded by the
// literal parser.
std::optional<ScalarType> parseType(const ValueTree& tree, Value descr) {
    if (descr.kind == ValueKind::String) return parseScalar(tree.text(descr));
    if (descr.kind != ValueKind::List) return std::nullopt;
    ScalarType sum;
    for (const Value field : tree.items(descr)) {
        if (field.kind != ValueKind::Tuple || field.length < 2 || field.length > 3) return std::nullopt;
        const auto parts = tree.items(field);
        const auto type = parseType(tree, parts[1]);
        const auto count = parts.size() == 3 ? productOf(tree, parts[2]) : std::optional<std::uint64_t>(1);
        const auto bytes = type && count ? checkedMul(type->bytes, *count) : std::nullopt;
        const auto total = bytes ? checkedAdd(sum.bytes, *bytes) : std::nullopt;
        if (!total) return std::nullopt;
        sum.bytes = *total;
        sum.isObject = sum.isObject || type->isObject;
    }
    return sum;
}

Result<void> readShape(const ValueTree& tree, Value shape, std::uint64_t at, NpyHeader& header) {
    if (shape.kind != ValueKind::Tuple)
        return fail(Errc::Corrupt, fmt::format("numpy header: shape is {} (expected a tuple)", repr(tree, shape)), at);
    for (const Value dim : tree.items(shape)) {
        if (dim.kind != ValueKind::Int || tree.asInt(dim) < 0)
            return fail(Errc::Corrupt,
                        fmt::format("numpy header: shape {} (expected non-negative integers)", repr(tree, shape)), at);
        header.shape.push_back(static_cast<std::uint64_t>(tree.asInt(dim)));
    }
    return {};
}

// numpy writes exactly descr, fortran_order and shape.
Result<void> readFields(const ValueTree& tree, std::uint64_t at, NpyHeader& header) {
    if (header.dict.kind != ValueKind::Dict) return fail(Errc::Corrupt, "numpy header: not a dict", at);
    const auto pairs = tree.pairs(header.dict);
    const auto descr = tree.find(header.dict, "descr");
    const auto fortran = tree.find(header.dict, "fortran_order");
    const auto shape = tree.find(header.dict, "shape");
    if (pairs.size() != 3 || !descr || !fortran || !shape) {
        return fail(Errc::Corrupt,
                    fmt::format("numpy header: {} (expected descr, fortran_order and shape, each once)",
                                repr(tree, header.dict)),
                    at);
    }
    if (fortran->kind != ValueKind::Bool) {
        return fail(Errc::Corrupt,
                    fmt::format("numpy header: fortran_order is {} (expected True or False)", repr(tree, *fortran)),
                    at);
    }
    header.fortranOrder = tree.asBool(*fortran);
    TRY_VOID(readShape(tree, *shape, at, header));
    const auto type = parseType(tree, *descr);
    header.descr = descr->kind == ValueKind::String ? std::string(tree.text(*descr)) : repr(tree, *descr, 200);
    if (!type) return fail(Errc::Corrupt, fmt::format("numpy header: unknown type {}", inQuotes(header.descr)), at);
    header.dtype = type->dtype;
    header.elementBytes = type->bytes;
    header.bigEndian = type->bigEndian;
    header.isObject = type->isObject;
    return {};
}

}  // namespace

bool looksLikeNpy(std::span<const std::byte> bytes) noexcept {
    return asText(bytes.first(std::min(bytes.size(), kMagic.size()))) == kMagic;
}

std::uint64_t npyHeaderBytes(std::span<const std::byte> first12) noexcept {
    if (!looksLikeNpy(first12) || first12.size() < 12) return 0;
    ByteCursor cursor(first12.subspan(kMagic.size()));
    const auto major = cursor.read<std::uint8_t>();
    const auto minor = cursor.read<std::uint8_t>();
    if (!major || !minor) return 0;
    if (*major == 1) return 10 + std::uint64_t{cursor.read<std::uint16_t>().value_or(0)};
    return 12 + std::uint64_t{cursor.read<std::uint32_t>().value_or(0)};
}

Result<NpyHeader> readNpyHeader(ValueTree& tree, std::span<const std::byte> array, std::uint64_t startOffset) {
    ByteCursor cursor(array, startOffset);
    TRY_VOID(cursor.skip(kMagic.size()));
    const std::uint64_t versionAt = cursor.offset();
    TRY(const auto major, cursor.read<std::uint8_t>());
    TRY(const auto minor, cursor.read<std::uint8_t>());
    if (major < 1 || major > 3 || minor != 0)
        return fail(Errc::Unsupported, fmt::format("npy format version {}.{} (expected 1.0 to 3.0)", major, minor),
                    versionAt);
    std::uint64_t length = 0;
    if (major == 1) {
        TRY(length, cursor.read<std::uint16_t>());
    } else {
        TRY(length, cursor.read<std::uint32_t>());
    }
    const std::uint64_t dictAt = cursor.offset();
    TRY(const auto dict, cursor.take(length));
    NpyHeader header;
    header.bytes = cursor.offset() - startOffset;
    TRY(header.dict, parsePythonLiteral(tree, asText(dict), dictAt));
    TRY_VOID(readFields(tree, dictAt, header));
    return header;
}

}  // namespace plimsoll
