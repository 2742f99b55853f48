// SPDX-License-Identifier: GPL-3.0-or-later
#include "formats/unknown_file.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "base/byte_cursor.h"
#include "formats/signatures.h"
#include "zip/zip_reader.h"

namespace plimsoll {

namespace {

Error ofSignature(const Signature& signature) {
    const std::string what(signature.what);
    switch (signature.kind) {
        case SignatureKind::Deflated:
        case SignatureKind::Packed:
            return {Errc::Unsupported, 0, what + "; unpack it first", {}};
        case SignatureKind::Container:
        case SignatureKind::Model:
            return {Errc::Unsupported, 0, what + ", which is not supported", {}};
        case SignatureKind::Data:
            return {Errc::Unsupported, 0, what, {}};
        case SignatureKind::Zip:
            break;
    }
    return {Errc::Corrupt, 0, what, {}};
}

std::string_view withoutLeadingSpace(std::string_view head) {
    const auto start = head.find_first_not_of(" \t\r\n");
    return start == std::string_view::npos ? std::string_view() : head.substr(start);
}

bool isHtml(std::string_view head) {
    std::string lower(head.substr(0, 15));
    std::ranges::transform(lower, lower.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return lower.starts_with("<!doctype html") || lower.starts_with("<html");
}

bool isReadable(std::string_view head) {
    return std::ranges::all_of(head,
                               [](char c) { return (c >= ' ' && c <= '~') || c == '\n' || c == '\r' || c == '\t'; });
}

std::string firstBytes(std::span<const std::byte> bytes) {
    constexpr std::size_t kShown = 8;
    std::string text;
    for (const std::byte byte : bytes.first(std::min(kShown, bytes.size())))
        text += fmt::format("{}{:02x}", text.empty() ? "" : " ", std::to_integer<unsigned>(byte));
    return text;
}

// What the bytes look like; nothing where they look like nothing known.
std::optional<Error> recognise(std::span<const std::byte> bytes) {
    const auto head = asText(bytes.first(std::min<std::size_t>(bytes.size(), 512)));
    if (head.starts_with("version https://git-lfs"))
        return Error{Errc::Unsupported, 0, "a Git LFS pointer, not the file itself (`git lfs pull` fetches it)", {}};
    if (const auto* const signature = signatureOf(bytes)) return ofSignature(*signature);
    if (isHtml(withoutLeadingSpace(head)))
        return Error{Errc::Unsupported, 0, "an HTML page, probably an error page of a download", {}};
    if (std::ranges::all_of(bytes.first(head.size()), [](std::byte b) { return b == std::byte{0}; }))
        return Error{Errc::Unsupported, 0, "zero bytes, as a download leaves them that never got its data", {}};
    if (ZipReader::looksLikeZip(bytes))
        return Error{Errc::Corrupt, 0, "a zip archive with something before it, which torch does not load as one", {}};
    if (isReadable(head) && withoutLeadingSpace(head).starts_with("<?xml"))
        return Error{Errc::Unsupported, 0, "an XML text, probably a server's answer instead of the file", {}};
    if (isReadable(head) && (withoutLeadingSpace(head).starts_with('{') || withoutLeadingSpace(head).starts_with('[')))
        return Error{Errc::Unsupported, 0, "a JSON text, but no index of a set: perhaps a server's answer", {}};
    if (isReadable(head)) return Error{Errc::Unsupported, 0, "a text", {}};
    return std::nullopt;
}

}  // namespace

Error unknownFile(std::span<const std::byte> bytes, std::string_view expected) {
    if (bytes.empty()) return {Errc::Truncated, 0, fmt::format("the file is empty (expected {})", expected), {}};
    auto error = recognise(bytes).value_or(Error{Errc::Unsupported, 0, "a file of unknown format", {}});
    error.what += fmt::format("; it starts with {} (expected {})", firstBytes(bytes), expected);
    return error;
}

}  // namespace plimsoll
