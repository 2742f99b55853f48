// SPDX-License-Identifier: GPL-3.0-or-later
#include "findings/content_kind.h"

#include <algorithm>
#include <array>

#include "base/byte_cursor.h"
#include "formats/gguf/gguf_reader.h"
#include "formats/npy/npy_header.h"
#include "formats/safetensors/safetensors_reader.h"
#include "formats/signatures.h"
#include "formats/torch_legacy/torch_legacy_reader.h"
#include "formats/torch_tar/tar_header.h"
#include "pickle/literals.h"

namespace plimsoll {

namespace {

using namespace std::string_view_literals;

ContentKind ofSignature(const Signature& signature) noexcept {
    switch (signature.kind) {
        case SignatureKind::Zip:
            return {ContentType::Zip, signature.what};
        case SignatureKind::Deflated:
            return {ContentType::Deflated, signature.what};
        case SignatureKind::Packed:
        case SignatureKind::Container:
            return {ContentType::Packed, signature.what};
        case SignatureKind::Model:
        case SignatureKind::Data:
            break;
    }
    return {ContentType::Data, signature.what};
}

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
    if (const auto* const signature = signatureOf(bytes)) return ofSignature(*signature);
    if (TarHeader::checksumHolds(bytes)) return {ContentType::Tar, "a tar archive"};
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
