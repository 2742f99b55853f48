// SPDX-License-Identifier: GPL-3.0-or-later
#include "formats/npy/npy_reader.h"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "base/byte_cursor.h"
#include "base/checked.h"
#include "base/limits.h"
#include "checkpoint/inflate_stream.h"
#include "checkpoint/words.h"
#include "formats/npy/npy_header.h"
#include "formats/torch_pickle/plain_pickle.h"
#include "formats/zip_checksums.h"
#include "pickle/machine.h"
#include "pickle/scanner.h"
#include "tensor/layout.h"
#include "zip/zip_reader.h"

namespace plimsoll {

namespace {

constexpr std::string_view kArraySuffix = ".npy";

// Strides that walk the array as it lies: innermost first for Fortran order.
std::vector<std::int64_t> fortranStride(std::span<const std::uint64_t> shape) {
    std::vector<std::uint64_t> reversed(shape.rbegin(), shape.rend());
    auto stride = contiguousStride(reversed);
    std::ranges::reverse(stride);
    return stride;
}

Result<std::uint64_t> arrayBytes(const NpyHeader& header, std::uint64_t at) {
    std::uint64_t bytes = header.elementBytes;
    for (const auto dim : header.shape) {
        const auto product = checkedMul(bytes, dim);
        if (!product) return fail(Errc::Overflow, "numpy header: the shape has more bytes than 64 bits can count", at);
        bytes = *product;
    }
    return bytes;
}

// Adds the row of an array whose storage holds its file from the magic on (member of an archive) or its data only.
Result<void> addArray(FileBeingRead& file, std::string_view name, const NpyHeader& header, Storage storage,
                      std::uint64_t dataStart, std::uint64_t nbytes) {
    TensorTable& table = file.checkpoint.tensors;
    TensorRow row;
    row.name = name;
    row.dtype = header.dtype;
    row.shape = header.shape;
    row.nbytes = nbytes;
    if (header.dtype == DType::Opaque) row.opaqueName = header.descr;
    const auto stride = header.fortranOrder ? fortranStride(header.shape) : std::vector<std::int64_t>();
    row.strideElems = stride;
    const std::uint64_t unit = header.dtype == DType::Opaque ? 1 : header.elementBytes;
    if (dataStart % unit != 0) {
        file.warn(
            fmt::format("array {} is compressed behind a header of {} bytes, which is no whole number of elements: "
                        "its values cannot be read",
                        inQuotes(name), dataStart));
        storage.encoding = StorageEncoding::Absent;
        dataStart = 0;
    }
    row.storageOffsetElems = dataStart / unit;
    row.storage = table.addStorage(storage);
    TRY_VOID(table.add(row, TensorTable::Name::Point));
    return {};
}

// An object array is a pickle: scanned, shown, never run. A broken one leaves the file open with a warning.
Value readObjects(FileBeingRead& file, std::span<const std::byte> pickle, std::uint64_t at) {
    const auto scan = scanPickle(pickle, at, file.stop);
    mergeGlobals(file.checkpoint.globals, scan.globals);
    if (!scan.broken && scan.endOffset - at < pickle.size()) {
        const auto behind = pickle.subspan(static_cast<std::size_t>(scan.endOffset - at));
        mergeGlobals(file.checkpoint.globals, scanPickle(behind, scan.endOffset, file.stop).globals);
        file.warn(fmt::format("{} bytes follow the object array's pickle", behind.size()));
    }
    PlainResolver resolver;
    const auto root = runPickle(file.values, {pickle, at, file.stop}, scan, resolver);
    if (root) {
        if (!root->oddity.empty()) file.warn(fmt::format("the object array's pickle: {}", root->oddity));
        return root->value;
    }
    file.warn(
        fmt::format("the object array's pickle is broken at byte {}: {}", root.error().offset, root.error().what));
    return ValueTree::none();
}

// First bytes of a member, inflated where needed, as far as the header reaches.
Result<std::vector<std::byte>> memberStart(FileBeingRead& file, const ZipEntry& entry, std::uint64_t dataOffset,
                                           std::uint64_t bytes) {
    std::vector<std::byte> start(static_cast<std::size_t>(bytes));
    if (entry.method == 0) {
        const auto from = file.bytes().subspan(static_cast<std::size_t>(dataOffset), start.size());
        std::ranges::copy(from, start.begin());
        return start;
    }
    InflateStream stream(file.mapping().file(), dataOffset, entry.storedBytes, entry.bytes);
    TRY_VOID(stream.readAt(0, start));
    return start;
}

Result<std::shared_ptr<const std::vector<std::byte>>> memberHeader(FileBeingRead& file, const ZipEntry& entry,
                                                                   std::uint64_t dataOffset) {
    constexpr std::uint64_t kPreamble = 12;
    TRY(const auto preamble, memberStart(file, entry, dataOffset, std::min(entry.bytes, kPreamble)));
    const std::uint64_t wanted = npyHeaderBytes(preamble);
    if (wanted == 0)
        return fail(Errc::Corrupt, fmt::format("member {} is no npy array", inQuotes(entry.name)), dataOffset);
    if (wanted > entry.bytes || wanted > limits::kInflatedMemberBytes) {
        return fail(Errc::Truncated,
                    fmt::format("member {} announces a header of {} bytes, it has {}", inQuotes(entry.name), wanted,
                                entry.bytes),
                    dataOffset);
    }
    TRY(auto start, memberStart(file, entry, dataOffset, wanted));
    return std::make_shared<const std::vector<std::byte>>(std::move(start));
}

Result<Value> readMember(FileBeingRead& file, const ZipReader& zip, const ZipEntry& entry) {
    // Says so where the member is encrypted, or no file.
    TRY_VOID(zip.storedData(entry));
    TRY(const auto dataOffset, zip.dataOffset(entry));
    TRY(const auto start, memberHeader(file, entry, dataOffset));
    file.keepAlive(start);
    TRY(const auto header, readNpyHeader(file.values, *start, dataOffset));
    if (header.isObject) {
        TRY(auto content, zip.read(entry, limits::kInflatedMemberBytes));
        const auto region = std::make_shared<const std::vector<std::byte>>(std::move(content));
        file.keepAlive(region);
        return readObjects(file, std::span(*region).subspan(static_cast<std::size_t>(header.bytes)), dataOffset);
    }
    TRY(const auto nbytes, arrayBytes(header, dataOffset));
    if (!fitsWithin(header.bytes, nbytes, entry.bytes)) {
        return fail(Errc::Truncated,
                    fmt::format("array {} needs {} bytes after its header, its member has {}", inQuotes(entry.name),
                                nbytes, entry.bytes - header.bytes),
                    dataOffset);
    }
    if (const std::uint64_t behind = entry.bytes - header.bytes - nbytes; behind > 0) {
        file.warn(fmt::format("{} bytes after the end of array {}", behind, inQuotes(entry.name)));
        if (file.rest != nullptr) file.rest->member(file, zip, entry);
    }
    Storage storage;
    storage.file = file.file;
    storage.offset = dataOffset;
    storage.bytes = entry.bytes;
    storage.storedBytes = entry.storedBytes;
    storage.encoding = entry.method == 0 ? StorageEncoding::Raw : StorageEncoding::Deflated;
    storage.bigEndian = header.bigEndian;
    storage.dtype = header.dtype;
    storage.key = entry.name;
    // Bytes that are inflated start with the header; those in the file need not.
    const std::uint64_t dataStart = entry.method == 0 ? 0 : header.bytes;
    if (entry.method == 0) {
        storage.offset += header.bytes;
        storage.bytes = storage.storedBytes = nbytes;
    }
    const auto name = entry.name.substr(0, entry.name.size() - kArraySuffix.size());
    TRY_VOID(addArray(file, name, header, storage, dataStart, nbytes));
    return header.dict;
}

}  // namespace

Result<Format> readNpy(FileBeingRead& file) {
    TRY(const auto header, readNpyHeader(file.values, file.bytes(), 0));
    file.values.setRoot(header.dict);
    if (header.isObject) {
        const auto pickle = file.bytes().subspan(static_cast<std::size_t>(header.bytes));
        file.values.setRoot(readObjects(file, pickle, header.bytes));
        file.scanLeftover(header.bytes);
        return Format::Npy;
    }
    TRY(const auto nbytes, arrayBytes(header, 0));
    const std::uint64_t present = file.bytes().size() - header.bytes;
    if (nbytes > present)
        return fail(Errc::Truncated, fmt::format("the array needs {} bytes, {} are there", nbytes, present),
                    header.bytes);
    file.scanLeftover(header.bytes + nbytes);
    if (nbytes < present) file.warn(fmt::format("{} bytes after the end of the array", present - nbytes));
    Storage storage;
    storage.file = file.file;
    storage.offset = header.bytes;
    storage.bytes = storage.storedBytes = nbytes;
    storage.bigEndian = header.bigEndian;
    storage.dtype = header.dtype;
    TRY_VOID(addArray(file, "", header, storage, 0, nbytes));
    return Format::Npy;
}

bool looksLikeNpz(std::span<const std::byte> bytes) noexcept {
    // The first member's local header: 30 bytes, then its name.
    constexpr std::size_t kNameAt = 30;
    if (bytes.size() < kNameAt || asText(bytes.first(4)) != "PK\x03\x04") return false;
    const auto nameBytes = ByteCursor(bytes.subspan(26, 2)).read<std::uint16_t>();
    if (!nameBytes || *nameBytes > bytes.size() - kNameAt) return false;
    return asText(bytes.subspan(kNameAt, *nameBytes)).ends_with(kArraySuffix);
}

Result<Format> readNpz(FileBeingRead& file) {
    TRY(const auto zip, ZipReader::open(file.bytes()));
    const Value headers = file.values.dict();
    for (const auto& entry : zip.entries()) {
        if (!entry.name.ends_with(kArraySuffix)) {
            file.warn(fmt::format("member {} is no array", inQuotes(entry.name)));
            if (file.rest != nullptr) file.rest->member(file, zip, entry);
            continue;
        }
        if (file.rest != nullptr) file.rest->around(file, zip, entry);
        TRY(const auto header, readMember(file, zip, entry));
        file.values.insert(headers, file.values.textIn(ValueKind::String, entry.name), header);
    }
    warnOfChecksums(file, zip, nullptr);
    if (file.rest != nullptr) file.rest->directory(file, zip);
    file.values.setRoot(headers);
    return Format::Npz;
}

}  // namespace plimsoll
