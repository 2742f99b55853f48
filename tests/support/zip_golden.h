// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>

#include <QByteArray>

#include "zip/zip_reader.h"
#include "zip_builder.h"

// A sound archive that has one of everything, for tests that then break it.
inline constexpr std::uint64_t kReadLimit = 1'000'000;

inline std::string unhex(const char* hex) {
    return QByteArray::fromHex(hex).toStdString();
}

// Raw deflate of "plimsoll " * 20, by Python's zlib at level 9.
inline const std::string kDeflated = unhex("2bc8c9cc2dcecfc95128183a0c00");
inline std::string inflated() {
    std::string text;
    for (int i = 0; i < 20; ++i) text += "plimsoll ";
    return text;
}

// The zip64 field of a member of 4 bytes.
inline const std::string kWideSizes = unhex("0100100004000000000000000400000000000000");

// A stored, a deflated, an empty, a described and a zip64 member, with zip64 end records.
inline ZipBuilder goldenSpec() {
    ZipBuilder zip;
    zip.members = {
        {.name = "a/data.pkl", .packed = "stored bytes"},
        {.name = "a/deflated", .packed = kDeflated, .content = inflated(), .method = 8},
        {.name = "a/empty", .packed = "", .flags = 0x0800},
        {.name = "a/described", .packed = "0123456789", .flags = 0x0008, .descriptor = std::string(16, 'd')},
        {.name = "a/zip64",
         .packed = "wide",
         .localExtra = unhex("99990100ff") + kWideSizes,
         .directoryExtra = kWideSizes,
         .wideSizes = true},
    };
    zip.zip64End = true;
    return zip;
}

// Opens and reads everything; the first Error on the way, if any.
inline std::optional<plimsoll::Error> readAll(const std::vector<std::byte>& bytes) {
    const auto zip = plimsoll::ZipReader::open(bytes);
    if (!zip) return zip.error();
    for (const plimsoll::ZipEntry& entry : zip->entries()) {
        const auto content = zip->read(entry, kReadLimit);
        if (!content) return content.error();
    }
    return std::nullopt;
}
