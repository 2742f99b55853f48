// SPDX-License-Identifier: GPL-3.0-or-later
#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "base/checked.h"
#include "io/output_file.h"
#include "tensor/cast.h"
#include "values.h"

namespace plimsoll::cli {

namespace {

// numpy's name of a type, nothing where it has none.
std::optional<std::string_view> numpyName(DType dtype) {
    switch (dtype) {
        case DType::F64:
            return "<f8";
        case DType::F32:
            return "<f4";
        case DType::F16:
            return "<f2";
        case DType::I64:
            return "<i8";
        case DType::I32:
            return "<i4";
        case DType::I16:
            return "<i2";
        case DType::I8:
            return "|i1";
        case DType::U64:
            return "<u8";
        case DType::U32:
            return "<u4";
        case DType::U16:
            return "<u2";
        case DType::U8:
            return "|u1";
        case DType::Bool:
            return "|b1";
        case DType::C64:
            return "<c8";
        case DType::C128:
            return "<c16";
        default:
            return std::nullopt;
    }
}

std::string npyHeader(std::string_view type, std::span<const std::uint64_t> shape) {
    std::string dict = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': (", type);
    for (const std::uint64_t size : shape) dict += fmt::format("{},", size);
    dict += "), }";
    // Magic, version and length are 10 bytes; all of it, with the line end, is a multiple of 64.
    dict.resize(alignUp(10 + dict.size() + 1, 64) - 10 - 1, ' ');
    dict += '\n';
    std::string header("\x93NUMPY\x01\x00", 8);
    header += static_cast<char>(dict.size() & 0xFFU);
    header += static_cast<char>(dict.size() >> 8U);
    return header + dict;
}

}  // namespace

Result<void> writeNpy(const TensorPart& part, const std::string& path, ProgressSink& progress) {
    DType to = part.dtype;
    if (!numpyName(to) && isFloating(to) && canCast(to, DType::F32)) to = DType::F32;
    const auto type = numpyName(to);
    if (!type)
        return fail(Errc::Unsupported, fmt::format("numpy has no type that holds {} exactly", shortName(part.dtype)));
    const auto shape = part.selection.shape();
    const std::string header = npyHeader(*type, shape);
    const std::size_t outBytes = bitWidth(to) / 8;
    std::uint64_t at = header.size();
    TRY(auto file, OutputFile::create(path, at + part.selection.elements() * outBytes, OutputFile::Existing::Refuse));
    TRY_VOID(file.writeAt(0, std::as_bytes(std::span(header))));
    std::vector<std::byte> converted;
    const auto writeBlock = [&](std::span<const std::byte> elements) -> Result<void> {
        converted.resize(elements.size() / part.elementBytes * outBytes);
        TRY_VOID(castElements(part.dtype, elements, to, converted));
        TRY_VOID(file.writeAt(at, converted));
        at += converted.size();
        return {};
    };
    TRY_VOID(part.read(progress, writeBlock));
    return file.commit();
}

}  // namespace plimsoll::cli
