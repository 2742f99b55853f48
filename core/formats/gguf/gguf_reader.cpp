// SPDX-License-Identifier: GPL-3.0-or-later
#include "formats/gguf/gguf_reader.h"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/big_vector.h"
#include "base/checked.h"
#include "checkpoint/words.h"
#include "formats/gguf/gguf_cursor.h"
#include "formats/gguf/gguf_metadata.h"
#include "io/page_release.h"
#include "pickle/literals.h"
#include "zip/zip_names.h"

namespace plimsoll {

namespace {

constexpr std::string_view kMagic = "GGUF";

// ggml's own bound (GGML_MAX_DIMS).
constexpr std::uint32_t kMaxDims = 4;

// Least bytes of a key-value pair (empty key, type, one byte) and of a tensor entry (empty name, no dimensions).
constexpr std::uint64_t kLeastPairBytes = 8 + 4 + 1;
constexpr std::uint64_t kLeastTensorBytes = 8 + 4 + 4 + 8;

// ggml_type numbers that files use; those in between are retired layouts that nothing reads any more.
std::optional<DType> dtypeFromGgml(std::uint32_t type) noexcept {
    struct Row {
        std::uint32_t type;
        DType dtype;
    };
    static constexpr std::array<Row, 34> kRows = {{
        {0, DType::F32},     {1, DType::F16},      {2, DType::Q4_0},   {3, DType::Q4_1},    {6, DType::Q5_0},
        {7, DType::Q5_1},    {8, DType::Q8_0},     {9, DType::Q8_1},   {10, DType::Q2_K},   {11, DType::Q3_K},
        {12, DType::Q4_K},   {13, DType::Q5_K},    {14, DType::Q6_K},  {15, DType::Q8_K},   {16, DType::IQ2_XXS},
        {17, DType::IQ2_XS}, {18, DType::IQ3_XXS}, {19, DType::IQ1_S}, {20, DType::IQ4_NL}, {21, DType::IQ3_S},
        {22, DType::IQ2_S},  {23, DType::IQ4_XS},  {24, DType::I8},    {25, DType::I16},    {26, DType::I32},
        {27, DType::I64},    {28, DType::F64},     {29, DType::IQ1_M}, {30, DType::BF16},   {34, DType::TQ1_0},
        {35, DType::TQ2_0},  {39, DType::MXFP4},   {40, DType::NVFP4}, {41, DType::Q1_0},
    }};
    const auto* const row = std::ranges::find(kRows, type, &Row::type);
    return row == kRows.end() ? std::nullopt : std::optional(row->dtype);
}

// One entry of the tensor section.
struct GgufTensor {
    std::string_view name;
    std::array<std::uint64_t, kMaxDims> dims{};  // outermost first: the reverse of ggml's ne
    std::uint32_t rank = 0;
    DType dtype = DType::F32;
    std::uint64_t nbytes = 0;
    std::uint64_t offset = 0;  // from the start of the data section
    std::uint64_t entryOffset = 0;

    [[nodiscard]] std::span<const std::uint64_t> shape() const noexcept { return std::span(dims).first(rank); }
};

Result<void> readShape(GgufCursor& cursor, GgufTensor& tensor) {
    const std::uint64_t at = cursor.offset();
    TRY(tensor.rank, cursor.read<std::uint32_t>());
    if (tensor.rank > kMaxDims) {
        return fail(Errc::Corrupt,
                    fmt::format("tensor {} has {} dimensions (expected at most {})", inQuotes(tensor.name), tensor.rank,
                                kMaxDims),
                    at);
    }
    for (std::uint32_t i = tensor.rank; i-- > 0;) {
        TRY(tensor.dims[i], cursor.read<std::uint64_t>());
    }
    return {};
}

Result<std::uint64_t> bytesOf(const GgufTensor& tensor) {
    const BlockShape block = blockShape(tensor.dtype);
    const auto shape = tensor.shape();
    const std::uint64_t innermost = shape.empty() ? 1 : shape.back();
    if (block.elements != 0 && innermost % block.elements != 0) {
        return fail(Errc::Corrupt,
                    fmt::format("tensor {}: rows of {} elements are no whole {} blocks of {}", inQuotes(tensor.name),
                                innermost, torchName(tensor.dtype), block.elements),
                    tensor.entryOffset);
    }
    std::uint64_t count = 1;
    for (const auto dim : shape) {
        const auto product = checkedMul(count, dim);
        if (!product) {
            return fail(Errc::Overflow,
                        fmt::format("tensor {}: shape [{}] has more elements than 64 bits can count",
                                    inQuotes(tensor.name), fmt::join(shape, ", ")),
                        tensor.entryOffset);
        }
        count = *product;
    }
    const auto nbytes = packedBytes(tensor.dtype, count);
    if (!nbytes) {
        return fail(
            Errc::Overflow,
            fmt::format("tensor {}: {} elements have more bytes than 64 bits can count", inQuotes(tensor.name), count),
            tensor.entryOffset);
    }
    return *nbytes;
}

Result<GgufTensor> readEntry(GgufCursor& cursor, std::uint64_t alignment) {
    GgufTensor tensor;
    tensor.entryOffset = cursor.offset();
    TRY(tensor.name, cursor.text());
    TRY_VOID(readShape(cursor, tensor));
    const std::uint64_t typeAt = cursor.offset();
    TRY(const auto type, cursor.read<std::uint32_t>());
    const auto dtype = dtypeFromGgml(type);
    if (!dtype)
        return fail(Errc::Unsupported, fmt::format("tensor {} has the unknown type {}", inQuotes(tensor.name), type),
                    typeAt);
    tensor.dtype = *dtype;
    const std::uint64_t offsetAt = cursor.offset();
    TRY(tensor.offset, cursor.read<std::uint64_t>());
    if (tensor.offset % alignment != 0) {
        return fail(Errc::Corrupt,
                    fmt::format("tensor {} starts at {} of the data, no multiple of the alignment {}",
                                inQuotes(tensor.name), tensor.offset, alignment),
                    offsetAt);
    }
    TRY(tensor.nbytes, bytesOf(tensor));
    return tensor;
}

// The names met so far: the count of entries is the file's word, so the table grows as they come.
class SeenNames {
public:
    SeenNames() { names_.reset(kFirstRoom); }

    // False where the last of the tensors has the name of another one.
    bool add(const BigVector<GgufTensor>& tensors) {
        const auto nameOf = [&](std::uint32_t index) { return tensors[index].name; };
        const auto last = static_cast<std::uint32_t>(tensors.size() - 1);
        if (last == room_) {
            room_ *= 2;
            names_.reset(room_);
            for (std::uint32_t i = 0; i < last; ++i) static_cast<void>(names_.insert(i, nameOf));
        }
        return names_.insert(last, nameOf);
    }

private:
    static constexpr std::uint32_t kFirstRoom = 1024;

    ZipNames names_;
    std::uint32_t room_ = kFirstRoom;
};

Result<BigVector<GgufTensor>> readEntries(FileBeingRead& file, GgufCursor& cursor, std::uint64_t count,
                                          std::uint64_t alignment) {
    // Twice this is what room_ can count.
    constexpr std::uint64_t kMostTensors = 1U << 30U;
    if (count > kMostTensors)
        return fail(Errc::OverLimit, fmt::format("announces {} tensors (at most {} are read)", count, kMostTensors));
    BigVector<GgufTensor> tensors;
    SeenNames names;
    PageReleaser releaser(file.mapping());
    for (std::uint64_t i = 0; i < count; ++i) {
        releaser.step();
        TRY(const auto tensor, readEntry(cursor, alignment));
        tensors.push_back(tensor);
        if (!names.add(tensors))
            return fail(Errc::Corrupt, fmt::format("tensor {} appears twice", inQuotes(tensor.name)),
                        tensor.entryOffset);
    }
    return tensors;
}

// Bytes that belong to no tensor and are more than the alignment takes: writers leave none.
void warnOfGaps(FileBeingRead& file, const BigVector<const GgufTensor*>& byOffset, std::uint64_t dataStart,
                std::uint64_t alignment) {
    constexpr std::uint64_t kShown = 20;
    std::uint64_t gaps = 0;
    std::uint64_t end = 0;
    for (const GgufTensor* const tensor : byOffset) {
        const std::uint64_t expected = alignUp(end, alignment);
        if (tensor->offset > expected && ++gaps <= kShown)
            file.warn(fmt::format("{} bytes before tensor {}, at byte {}, belong to no tensor",
                                  tensor->offset - expected, inQuotes(tensor->name), dataStart + expected));
        end = tensor->offset + tensor->nbytes;
    }
    if (gaps > kShown) file.warn(fmt::format("{} more gaps like these", gaps - kShown));
    const std::uint64_t expected = dataStart + alignUp(end, alignment);
    if (file.bytes().size() <= expected) return;
    file.warn(fmt::format("{} bytes follow the last tensor, at byte {}", file.bytes().size() - expected, expected));
    file.scanLeftover(expected);
}

// Every tensor within the file, none over another; out of order is odd but readable.
Result<void> checkSpans(FileBeingRead& file, std::span<const GgufTensor> tensors, std::uint64_t dataStart,
                        std::uint64_t alignment) {
    const std::uint64_t dataBytes = file.bytes().size() - std::min<std::uint64_t>(dataStart, file.bytes().size());
    BigVector<const GgufTensor*> byOffset;
    for (const auto& tensor : tensors) {
        if (tensor.nbytes != 0 && !fitsWithin(tensor.offset, tensor.nbytes, dataBytes)) {
            return fail(Errc::Truncated,
                        fmt::format("tensor {} needs bytes {} to {} of the data, which has {}", inQuotes(tensor.name),
                                    tensor.offset, tensor.offset + tensor.nbytes, dataBytes),
                        tensor.entryOffset);
        }
        if (tensor.nbytes != 0) byOffset.push_back(&tensor);
    }
    if (!std::ranges::is_sorted(byOffset, {}, &GgufTensor::offset))
        file.warn("the tensors' data is not in the order of their entries");
    std::ranges::sort(byOffset, {}, &GgufTensor::offset);
    for (std::size_t i = 1; i < byOffset.size(); ++i) {
        const auto& before = *byOffset[i - 1];
        if (byOffset[i]->offset - before.offset < before.nbytes) {
            return fail(Errc::Corrupt,
                        fmt::format("tensors {} and {} overlap at byte {} of the data", inQuotes(before.name),
                                    inQuotes(byOffset[i]->name), byOffset[i]->offset),
                        byOffset[i]->entryOffset);
        }
    }
    warnOfGaps(file, byOffset, dataStart, alignment);
    return {};
}

Result<void> addTensors(FileBeingRead& file, std::span<const GgufTensor> tensors, std::uint64_t dataStart,
                        bool bigEndian) {
    TensorTable& table = file.checkpoint.tensors;
    if (table.empty()) table.reserve(tensors.size());
    PageReleaser releaser(file.mapping());
    for (const auto& tensor : tensors) {
        releaser.step();
        if (!isPickleUtf8(tensor.name)) file.warn(fmt::format("tensor name {} is not UTF-8", inQuotes(tensor.name)));
        Storage storage;
        storage.file = file.file;
        storage.offset = dataStart + tensor.offset;
        storage.bytes = storage.storedBytes = tensor.nbytes;
        storage.bigEndian = bigEndian;
        storage.dtype = tensor.dtype;
        storage.key = tensor.name;
        TensorRow row;
        row.name = tensor.name;
        row.dtype = tensor.dtype;
        row.shape = tensor.shape();
        row.storage = table.addStorage(storage);
        TRY_VOID(table.add(row, TensorTable::Name::Point));
    }
    return {};
}

}  // namespace

bool looksLikeGguf(std::span<const std::byte> bytes) noexcept {
    return asText(bytes.first(std::min(bytes.size(), kMagic.size()))) == kMagic;
}

Result<Format> readGguf(FileBeingRead& file) {
    ByteCursor start(file.bytes());
    TRY_VOID(start.skip(kMagic.size()));
    TRY(const auto version, start.read<std::uint32_t>());
    // A big-endian file shows by its version: 3 has become 0x03000000.
    const bool bigEndian = (version & 0xFFFFU) == 0;
    const std::uint32_t number = bigEndian ? __builtin_bswap32(version) : version;
    if (number != 2 && number != 3)
        return fail(Errc::Unsupported, fmt::format("GGUF version {} (expected 2 or 3)", number), kMagic.size());

    GgufCursor cursor(start, bigEndian);
    TRY(const auto tensorCount, cursor.count("tensors", kLeastTensorBytes));
    TRY(const auto pairCount, cursor.count("metadata pairs", kLeastPairBytes));
    TRY(const auto metadata, readGgufMetadata(file, cursor, pairCount));
    TRY(const auto tensors, readEntries(file, cursor, tensorCount, metadata.alignment));
    const std::uint64_t dataStart = alignUp(cursor.offset(), metadata.alignment);
    TRY_VOID(checkSpans(file, tensors, dataStart, metadata.alignment));
    TRY_VOID(addTensors(file, tensors, dataStart, bigEndian));
    file.values.setRoot(metadata.dict);
    return Format::Gguf;
}

}  // namespace plimsoll
