// SPDX-License-Identifier: GPL-3.0-or-later
#include "convert/npz_layout.h"

#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/byte_cursor.h"
#include "base/checked.h"
#include "zip/crc32.h"
#include "zip/zip_layout.h"

namespace plimsoll {

namespace {

// numpy's name of the little-endian type; empty where it has none.
std::string_view numpyType(DType dtype) noexcept {
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
            return {};
    }
}

// The header of a version 1.0 array, padded so that the elements are aligned to 64 bytes.
Result<std::vector<std::byte>> npyHeader(const PlainEntry& entry) {
    const auto type = numpyType(entry.record.to);
    if (type.empty())
        return fail(Errc::Unsupported,
                    fmt::format("tensor '{}' is {}, a type that numpy has not (cast it: --rule '{}=f32')",
                                entry.record.name, shortName(entry.record.to), entry.record.name));
    const auto dict = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}{}), }}", type,
                                  fmt::join(entry.shape, ", "), entry.shape.size() == 1 ? "," : "");
    constexpr std::size_t kPreamble = 10;
    const auto total = static_cast<std::size_t>(alignUp(kPreamble + dict.size() + 1, 64));
    const auto length = total - kPreamble;  // at most 64 dimensions of 20 digits: fits 16 bits
    std::string text = "\x93NUMPY";
    text += '\x01';
    text += '\0';
    text += static_cast<char>(length & 0xFFU);
    text += static_cast<char>(length >> 8U);
    text += dict;
    text.resize(total - 1, ' ');
    text += '\n';
    const auto bytes = asBytes(text);
    return std::vector<std::byte>(bytes.begin(), bytes.end());
}

}  // namespace

Result<PlannedFile> layoutNpz(std::string path, std::vector<PlainEntry> entries) {
    std::vector<ZipMember> members;
    std::vector<std::vector<std::byte>> headers;
    for (const auto& entry : entries) {
        TRY(auto header, npyHeader(entry));
        members.push_back({entry.record.name + ".npy", header.size() + entry.record.destinationBytes});
        headers.push_back(std::move(header));
    }
    TRY(auto layout, layoutStoredZip(members));
    PlannedFile file;
    file.path = std::move(path);
    file.bytes = layout.fileBytes;
    for (auto& blob : layout.blobs) file.blobs.push_back({blob.offset, std::move(blob.bytes)});
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const auto& slot = layout.slots[i];
        auto& record = entries[i].record;
        record.bytesBefore = headers[i].size();
        record.crcBefore = crc32(0, headers[i]);
        record.destinationOffset = slot.dataOffset + record.bytesBefore;
        record.crcPlaces = {slot.crcInLocalHeader, slot.crcInDirectory};
        file.blobs.push_back({slot.dataOffset, std::move(headers[i])});
        file.records.push_back(std::move(record));
    }
    return file;
}

}  // namespace plimsoll
