// SPDX-License-Identifier: GPL-3.0-or-later
#include "formats/signatures.h"

#include <algorithm>
#include <array>

#include "base/byte_cursor.h"

namespace plimsoll {

namespace {

using namespace std::string_view_literals;

struct Row {
    std::size_t offset;
    std::string_view bytes;
    Signature signature;
};

using enum SignatureKind;

constexpr std::array kRows = {
    Row{0, "PK\x03\x04"sv, {Zip, "a zip archive"}},
    Row{0, "PK\x05\x06"sv, {Zip, "a zip archive"}},
    Row{0, "\x1F\x8B"sv, {Deflated, "gzip-compressed data"}},
    Row{0, "\x78\x01"sv, {Deflated, "zlib-compressed data"}},
    Row{0, "\x78\x5E"sv, {Deflated, "zlib-compressed data"}},
    Row{0, "\x78\x9C"sv, {Deflated, "zlib-compressed data"}},
    Row{0, "\x78\xDA"sv, {Deflated, "zlib-compressed data"}},
    Row{0, "\xFD\x37zXZ\0"sv, {Packed, "xz-compressed data"}},
    Row{0, "\x28\xB5\x2F\xFD"sv, {Packed, "zstd-compressed data"}},
    Row{0, "\x04\x22\x4D\x18"sv, {Packed, "lz4-compressed data"}},
    Row{0, "BZh"sv, {Packed, "bzip2-compressed data"}},
    Row{0, "7z\xBC\xAF\x27\x1C"sv, {Packed, "a 7z archive"}},
    Row{0, "Rar!\x1A\x07"sv, {Packed, "a RAR archive"}},
    Row{0, "\x89HDF\r\n\x1A\n"sv, {Container, "an HDF5 file, as Keras writes it"}},
    Row{0, "SQLite format 3\0"sv, {Container, "an SQLite database"}},
    Row{0, "MATLAB 5.0 MAT-file"sv, {Container, "a MATLAB file"}},
    Row{0, "PAR1"sv, {Model, "a Parquet file"}},
    Row{0, "ARROW1"sv, {Model, "an Arrow file"}},
    Row{0, "lmgg"sv, {Model, "an old GGML file"}},
    Row{0, "fmgg"sv, {Model, "an old GGML file"}},
    Row{0, "tjgg"sv, {Model, "an old GGML file"}},
    Row{4, "TFL3"sv, {Model, "a TensorFlow Lite model"}},
    Row{4, "PTMF"sv, {Model, "a PyTorch Mobile flatbuffer"}},
    Row{4, "ET12"sv, {Model, "an ExecuTorch program"}},
    Row{0, "\x7F\x45LF"sv, {Data, "a program"}},
    Row{0, "\xCF\xFA\xED\xFE"sv, {Data, "a program"}},
    Row{0, "\x89PNG\r\n\x1A\n"sv, {Data, "a PNG image"}},
    Row{0, "\xFF\xD8\xFF"sv, {Data, "a JPEG image"}},
    Row{0, "GIF8"sv, {Data, "a GIF image"}},
    Row{8, "WEBP"sv, {Data, "a WebP image"}},
    Row{0, "%PDF-"sv, {Data, "a PDF document"}},
};

constexpr Signature kOnnx = {Model, "an ONNX model"};
constexpr Signature kProtobuf = {Model, "a protobuf message, as TensorFlow's SavedModel and Core ML write it"};
constexpr Signature kMsgpack = {Model, "msgpack data, as Flax writes it"};

bool isPrintable(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

std::uint8_t byteAt(std::string_view head, std::size_t at) {
    return at < head.size() ? static_cast<std::uint8_t>(head[at]) : std::uint8_t{0};
}

// Protobuf has no magic: a model starts with its version (field 1, a small number) and goes on with field 2, which is
// the name of the program that wrote it (ONNX) or a message.
const Signature* protobuf(std::string_view head) {
    constexpr std::uint8_t kNumberField1 = 0x08;
    constexpr std::uint8_t kBytesField2 = 0x12;
    constexpr std::uint8_t kNewestVersion = 32;
    constexpr std::uint8_t kLongestName = 64;
    const std::uint8_t version = byteAt(head, 1);
    if (byteAt(head, 0) != kNumberField1 || version == 0 || version > kNewestVersion || byteAt(head, 2) != kBytesField2)
        return nullptr;
    const std::uint8_t length = byteAt(head, 3);
    const bool isName = length > 0 && length <= kLongestName && head.size() >= 4U + length;
    return isName && isPrintable(head.substr(4, length)) ? &kOnnx : &kProtobuf;
}

// A map of a few entries whose first key is a short text.
bool isMsgpack(std::string_view head) {
    const std::uint8_t map = byteAt(head, 0);
    const std::uint8_t key = byteAt(head, 1);
    const std::size_t length = key & 0x1FU;
    return map > 0x80 && map <= 0x8F && key > 0xA0 && key <= 0xBF && head.size() > 2 + length &&
           isPrintable(head.substr(2, length));
}

}  // namespace

const Signature* signatureOf(std::span<const std::byte> bytes) noexcept {
    constexpr std::size_t kHeadBytes = 128;
    const auto head = asText(bytes.first(std::min(bytes.size(), kHeadBytes)));
    for (const auto& row : kRows)
        if (head.size() > row.offset && head.substr(row.offset).starts_with(row.bytes)) return &row.signature;
    if (const auto* const found = protobuf(head)) return found;
    return isMsgpack(head) ? &kMsgpack : nullptr;
}

}  // namespace plimsoll
