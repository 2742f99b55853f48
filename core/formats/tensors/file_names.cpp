// SPDX-License-Identifier: GPL-3.0-or-later
#include "formats/tensors/file_names.h"

#include <charconv>
#include <optional>

#include <fmt/format.h>
#include <xxhash.h>

namespace plimsoll {

namespace {

// A file system's names have at most 255 bytes, and writers put ".partial" behind them.
constexpr std::size_t kLongest = 240;
constexpr std::size_t kCut = 200;
constexpr std::string_view kSuffix = ".pt";

bool isSpelled(std::string_view name, std::size_t at) {
    const auto byte = static_cast<unsigned char>(name[at]);
    return byte == '/' || byte == '%' || byte < 0x20 || byte == 0x7F || (byte == '.' && at == 0);
}

std::optional<char> pairAt(std::string_view text, std::size_t at) {
    if (text.size() - at < 3) return std::nullopt;
    unsigned value = 0;
    const char* const digits = text.data() + at + 1;
    const auto [end, error] = std::from_chars(digits, digits + 2, value, 16);
    if (error != std::errc() || end != digits + 2) return std::nullopt;
    return static_cast<char>(value);
}

}  // namespace

std::string tensorFileName(std::string_view tensor) {
    if (tensor.empty()) return "%" + std::string(kSuffix);
    std::string file;
    for (std::size_t i = 0; i < tensor.size() && file.size() <= kLongest; ++i)
        file += isSpelled(tensor, i) ? fmt::format("%{:02X}", static_cast<unsigned char>(tensor[i]))
                                     : std::string(1, tensor[i]);
    if (file.size() > kLongest) {
        file.resize(kCut);
        file += fmt::format("%~{:016x}", XXH3_64bits(tensor.data(), tensor.size()));
    }
    return file + std::string(kSuffix);
}

std::string tensorNameOfFile(std::string_view stem) {
    if (stem == "%") return {};
    std::string name;
    for (std::size_t i = 0; i < stem.size(); ++i) {
        const auto decoded = stem[i] == '%' ? pairAt(stem, i) : std::nullopt;
        name += decoded.value_or(stem[i]);
        if (decoded) i += 2;
    }
    return name;
}

}  // namespace plimsoll
