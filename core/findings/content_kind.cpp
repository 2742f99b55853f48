// SPDX-License-Identifier: GPL-3.0-or-later
#include "findings/content_kind.h"

#include <algorithm>
#include <array>

#include "base/byte_cursor.h"
#include "findings/tar_header.h"
#include "formats/gguf/gguf_reader.h"
#include "formats/npy/npy_header.h"
#include "formats/safetensors/safetensors_reader.h"
#include "formats/torch_legacy/torch_legacy_reader.h"
#include "pickle/literals.h"

namespace plimsoll {

namespace {

using namespace std::string_view_literals;

struct Signature {
    std::size_t offset;
    std::string_view bytes;
    ContentKind kind;
};

constexpr std::array kSignatures = {
    Signature{0, "PK\x03\x04"sv, {ContentType::Zip, "a zip archive"}},
    Signature{0, "PK\x05\x06"sv, {ContentType::Zip, "a zip archive"}},
    Signature{0, "\x1F\x8B"sv, {ContentType::Deflated, "gzip-compressed data"}},
    Signature{0, "\x78\x01"sv, {ContentType::Deflated, "zlib-compressed data"}},
    Signature{0, "\x78\x5E"sv, {ContentType::Deflated, "zlib-compressed data"}},
    Signature{0, "\x78\x9C"sv, {ContentType::Deflated, "zlib-compressed data"}},
    Signature{0, "\x78\xDA"sv, {ContentType::Deflated, "zlib-compressed data"}},
    Signature{0, "\xFD\x37zXZ\0"sv, {ContentType::Packed, "xz-compressed data"}},
    Signature{0, "\x28\xB5\x2F\xFD"sv, {ContentType::Packed, "zstd-compressed data"}},
    Signature{0, "\x04\x22\x4D\x18"sv, {ContentType::Packed, "lz4-compressed data"}},
    Signature{0, "BZh"sv, {ContentType::Packed, "bzip2-compressed data"}},
    Signature{0, "7z\xBC\xAF\x27\x1C"sv, {ContentType::Packed, "a 7z archive"}},
    Signature{0, "Rar!\x1A\x07"sv, {ContentType::Packed, "a RAR archive"}},
    Signature{0, "\x89HDF\r\n\x1A\n"sv, {ContentType::Packed, "an HDF5 file"}},
    Signature{0, "\x89PNG\r\n\x1A\n"sv, {ContentType::Data, "a PNG image"}},
    Signature{0, "\xFF\xD8\xFF"sv, {ContentType::Data, "a JPEG image"}},
    Signature{0, "GIF8"sv, {ContentType::Data, "a GIF image"}},
    Signature{8, "WEBP"sv, {ContentType::Data, "a WebP image"}},
    Signature{0, "%PDF-"sv, {ContentType::Data, "a PDF document"}},
};

// Text is judged by its start: UTF-8 without the control characters that no text of people or programs has.
bool isText(std::string_view head) {
    constexpr std::size_t kLongestCharacter = 4;
    const auto readable = [](unsigned char c) { return c >= ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\f'; };
    if (head.empty() || !std::ranges::all_of(head, readable)) return false;
    // The head may end in the middle of a character.
    for (std::size_t cut = 0; cut < std::min(kLongestCharacter, head.size()); ++cut)
        if (isPickleUtf8(head.substr(0, head.size() - cut))) return true;
    return false;
}

std::string_view lastPart(std::string_view name) noexcept {
    return name.substr(name.rfind('/') + 1);
}

}  // namespace

ContentKind contentKind(std::span<const std::byte> bytes) noexcept {
    constexpr std::size_t kHeadBytes = 4096;
    const auto head = asText(bytes.first(std::min(bytes.size(), kHeadBytes)));
    if (looksLikeGguf(bytes)) return {ContentType::Data, "GGUF"};
    if (looksLikeNpy(bytes)) return {ContentType::Npy, "a NumPy array"};
    if (looksLikeSafetensors(bytes)) return {ContentType::Data, "safetensors"};
    for (const auto& signature : kSignatures)
        if (head.size() > signature.offset && head.substr(signature.offset).starts_with(signature.bytes))
            return signature.kind;
    if (TarHeader::looksLikeTar(bytes)) return {ContentType::Tar, "a tar archive"};
    if (looksLikePickle(bytes)) return {ContentType::Pickle, "a pickle"};
    if (isText(head)) return {ContentType::Text, "a text"};
    return {};
}

bool isCodeName(std::string_view name) noexcept {
    return lastPart(name).ends_with(".py");
}

bool isStorageName(std::string_view name) noexcept {
    const auto key = lastPart(name);
    const auto folder = name.substr(0, name.size() - key.size());
    const bool isNumber = !key.empty() && std::ranges::all_of(key, [](char c) { return c >= '0' && c <= '9'; });
    return isNumber && (folder == "data/" || folder.ends_with("/data/"));
}

bool hasPickleSuffix(std::string_view name) noexcept {
    static constexpr std::array kSuffixes = {".pkl"sv, ".pickle"sv, ".p"sv,   ".pk"sv,   ".dat"sv, ".pt"sv,
                                             ".pth"sv, ".th"sv,     ".bin"sv, ".ckpt"sv, ".t7"sv,  ".metadata"sv};
    const auto ends = [name](std::string_view suffix) {
        return name.size() >= suffix.size() &&
               std::ranges::equal(name.substr(name.size() - suffix.size()), suffix,
                                  [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; });
    };
    return std::ranges::any_of(kSuffixes, ends);
}

}  // namespace plimsoll
