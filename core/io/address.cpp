// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/address.h"

#include <algorithm>
#include <cstddef>

#include <fmt/format.h>

namespace plimsoll {

namespace {

char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool startsWith(std::string_view text, std::string_view lowerCase) noexcept {
    return text.size() >= lowerCase.size() &&
           std::equal(lowerCase.begin(), lowerCase.end(), text.begin(), [](char a, char b) { return a == lower(b); });
}

bool isUnreserved(char c) noexcept {
    return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') ||
           std::string_view("-._~").find(c) != std::string_view::npos;
}

int hexDigit(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    return lower(c) >= 'a' && lower(c) <= 'f' ? lower(c) - 'a' + 10 : -1;
}

std::string percentDecoded(std::string_view text) {
    std::string decoded;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool coded =
            text[i] == '%' && i + 2 < text.size() && hexDigit(text[i + 1]) >= 0 && hexDigit(text[i + 2]) >= 0;
        if (!coded) {
            decoded += text[i];
            continue;
        }
        decoded += static_cast<char>(hexDigit(text[i + 1]) * 16 + hexDigit(text[i + 2]));
        i += 2;
    }
    return decoded;
}

// scheme://authority/path?query#fragment, as views into the address.
struct Parts {
    std::string_view scheme;  // with "://"
    std::string_view authority;
    std::string_view path;   // with its first slash, may be empty
    std::string_view query;  // with "?", may be empty
};

Parts partsOf(std::string_view address) {
    Parts parts;
    address = address.substr(0, address.find('#'));
    parts.scheme = address.substr(0, address.find("://") + 3);
    address.remove_prefix(parts.scheme.size());
    parts.authority = address.substr(0, address.find_first_of("/?"));
    address.remove_prefix(parts.authority.size());
    parts.path = address.substr(0, address.find('?'));
    parts.query = address.substr(parts.path.size());
    return parts;
}

}  // namespace

bool isAddress(std::string_view path) noexcept {
    return startsWith(path, "http://") || startsWith(path, "https://");
}

std::string withoutCredentials(std::string_view address) {
    const Parts parts = partsOf(address);
    const auto host = parts.authority.substr(parts.authority.rfind('@') + 1);
    return fmt::format("{}{}{}{}", parts.scheme, host, parts.path, parts.query);
}

std::string fileNameOfAddress(std::string_view address) {
    const Parts parts = partsOf(address);
    const auto segment = parts.path.substr(parts.path.rfind('/') + 1);
    return segment.empty() ? std::string(parts.authority.substr(parts.authority.rfind('@') + 1))
                           : percentDecoded(segment);
}

std::string addressBeside(std::string_view address, std::string_view fileName) {
    const Parts parts = partsOf(address);
    const auto directory = parts.path.substr(0, parts.path.rfind('/') + 1);
    std::string beside = fmt::format("{}{}{}", parts.scheme, parts.authority, directory.empty() ? "/" : directory);
    for (const char c : fileName)
        beside += isUnreserved(c) ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
    return beside;
}

}  // namespace plimsoll
