// SPDX-License-Identifier: GPL-3.0-or-later
#include "checkpoint/tensor_reader.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "base/byte_cursor.h"
#include "base/checked.h"
#include "checkpoint/gather.h"
#include "checkpoint/inflate_stream.h"
#include "checkpoint/scratch_file.h"
#include "checkpoint/words.h"
#include "io/read_ahead.h"
#include "tensor/cast.h"
#include "tensor/dequantize.h"
#include "tensor/layout.h"
#include "tensor/sign.h"

namespace plimsoll {

namespace {

// A row of a strided view that is at least this long is read with one positional read; shorter ones come from the
// mapping, where an element costs no system call.
constexpr std::uint64_t kReadRunBytes = std::uint64_t{16} * 1024;

// What a temporary file is filled with at once; from a server a request each.
constexpr std::uint64_t kScratchBlock = std::uint64_t{8} * 1024 * 1024;

// At a time: 256 KiB of f32, and from 36 KiB of blocks on.
constexpr std::uint64_t kUnpackedValues = 65536;

// The local header must lead to where the central directory said the data is.
Result<void> checkLocalHeader(const InputFile& file, const Storage& storage, const std::stop_token& stop) {
    constexpr std::uint32_t kSignature = 0x04034B50;
    std::array<std::byte, 30> header{};
    TRY_VOID(file.readAt(storage.headerOffset, header, stop));
    ByteCursor cursor(header, storage.headerOffset);
    TRY(const auto signature, cursor.read<std::uint32_t>());
    if (signature != kSignature) {
        return fail(Errc::Corrupt,
                    fmt::format("record {}: its local zip header starts with {:#010x} (expected {:#010x})",
                                inQuotes(storage.key), signature, kSignature),
                    storage.headerOffset);
    }
    TRY_VOID(cursor.skip(22));
    TRY(const auto nameBytes, cursor.read<std::uint16_t>());
    TRY(const auto extraBytes, cursor.read<std::uint16_t>());
    const std::uint64_t dataOffset = cursor.offset() + nameBytes + extraBytes;
    if (dataOffset != storage.offset) {
        return fail(Errc::Corrupt,
                    fmt::format("record {}: its local zip header leads to byte {}, the zip directory to byte {}",
                                inQuotes(storage.key), dataOffset, storage.offset),
                    storage.headerOffset);
    }
    return {};
}

// The count before a legacy storage must be the one that the pickle named.
Result<void> checkCount(const InputFile& file, const Storage& storage, const std::stop_token& stop) {
    std::array<std::byte, 8> bytes{};
    TRY_VOID(file.readAt(storage.headerOffset, bytes, stop));
    TRY(const auto count, ByteCursor(bytes).read<std::uint64_t>());
    if (count != storage.headerCount) {
        return fail(Errc::Corrupt,
                    fmt::format("storage {} announces {} elements, the pickle {}", inQuotes(storage.key), count,
                                storage.headerCount),
                    storage.headerOffset);
    }
    return {};
}

}  // namespace

struct TensorReader::Impl {
    std::shared_ptr<const Checkpoint> checkpoint;
    std::stop_token stop;
    ReadAhead* ahead = nullptr;
    std::vector<bool> headerChecked;
    // The deflated storage that was read last, as a stream.
    StorageId inflated;
    std::unique_ptr<InflateStream> stream;
    // What a strided view was gathered from last, where no mapping holds it: bytes [begin, end) of a storage or a file.
    struct Window {
        StorageId storage;
        FileId file;  // where `storage` is not valid
        std::uint64_t begin = 0;
        std::uint64_t end = 0;
        bool operator==(const Window&) const = default;
    };
    Window window;
    std::optional<ScratchFile> scratch;

    [[nodiscard]] Result<const MappedFile*> fileOf(StorageId id) {
        const Storage& storage = checkpoint->tensors.storage(id);
        if (storage.encoding == StorageEncoding::Absent) {
            return fail(Errc::Unsupported, fmt::format("storage {} has no bytes: it was saved without data, or its "
                                                       "shard is missing",
                                                       inQuotes(storage.key)));
        }
        TRY(const auto* mapping, mappingOf(storage.file));
        if (storage.headerOffset != Storage::kNoHeader && !headerChecked[id.index()]) {
            TRY_VOID(storage.headerCount != Storage::kNoHeader ? checkCount(mapping->file(), storage, stop)
                                                               : checkLocalHeader(mapping->file(), storage, stop));
            headerChecked[id.index()] = true;
        }
        return mapping;
    }

    [[nodiscard]] Result<const MappedFile*> mappingOf(FileId id) const {
        const SourceFile& file = checkpoint->files[id.index()];
        if (!file.mapping) return fail(Error{Errc::Io, kNoOffset, "the file is missing", file.path});
        return file.mapping.get();
    }

    Result<void> readRaw(StorageId id, std::uint64_t offset, std::span<std::byte> out) {
        const Storage& storage = checkpoint->tensors.storage(id);
        if (!fitsWithin(offset, out.size(), storage.bytes))
            return fail(Errc::OutOfBounds, fmt::format("{} bytes from byte {} of storage {}, which has {}", out.size(),
                                                       offset, inQuotes(storage.key), storage.bytes));
        if (storage.encoding == StorageEncoding::Chunked) return readChunked(id, offset, out);
        TRY(const auto* mapping, fileOf(id));
        if (storage.encoding == StorageEncoding::Raw) {
            if (ahead != nullptr && ahead->take(mapping->file(), storage.offset + offset, out)) return {};
            return mapping->file().readAt(storage.offset + offset, out, stop);
        }
        if (inflated != id) {
            stream = std::make_unique<InflateStream>(mapping->file(), storage.offset, storage.storedBytes,
                                                     storage.bytes, stop);
            inflated = id;
        }
        return stream->readAt(offset, out);
    }

    // Bytes of the tensor that a chunked storage holds; a part of an element at either end is read by way of a buffer.
    Result<void> readChunked(StorageId id, std::uint64_t offset, std::span<std::byte> out) {
        const ChunkedTensor& tensor = checkpoint->tensors.chunked(id);
        const std::uint64_t elementBytes = bitWidth(tensor.dtype) / 8;
        const std::uint64_t first = offset / elementBytes;
        const std::uint64_t end = (offset + out.size() + elementBytes - 1) / elementBytes;
        if (first * elementBytes == offset && end * elementBytes == offset + out.size())
            return readChunkElements(tensor, first, out);
        std::vector<std::byte> whole(static_cast<std::size_t>((end - first) * elementBytes));
        TRY_VOID(readChunkElements(tensor, first, whole));
        const auto from = std::span(whole).subspan(static_cast<std::size_t>(offset - first * elementBytes), out.size());
        std::ranges::copy(from, out.begin());
        return {};
    }

    Result<void> readChunkElements(const ChunkedTensor& tensor, std::uint64_t first, std::span<std::byte> out) {
        const std::uint64_t elementBytes = bitWidth(tensor.dtype) / 8;
        return forEachRun(tensor, first, out.size() / elementBytes, [&](const ChunkRun& run) {
            const auto part = out.subspan(static_cast<std::size_t>((run.target - first) * elementBytes),
                                          static_cast<std::size_t>(run.count * elementBytes));
            auto read = readRun(run, elementBytes, part);
            if (!read && read.error().path.empty()) read.error().path = checkpoint->files[run.chunk->file.index()].path;
            if (read && run.chunk->bigEndian) swapElementBytes(tensor.dtype, part);
            return read;
        });
    }

    Result<void> readRun(const ChunkRun& run, std::uint64_t elementBytes, std::span<std::byte> out) {
        const TensorChunk& chunk = *run.chunk;
        TRY(const auto* mapping, mappingOf(chunk.file));
        if (isContiguous(chunk.shape, chunk.strideElems))
            return mapping->file().readAt(chunk.offset + (chunk.originElems + run.first) * elementBytes, out, stop);
        if (!fitsWithin(chunk.offset, chunk.bytes, mapping->size())) {
            return fail(Errc::Truncated,
                        fmt::format("a chunk's bytes end at byte {}, the file at {}", chunk.offset + chunk.bytes,
                                    mapping->size()),
                        chunk.offset);
        }
        TRY(const auto storage, bytesOf(chunk.file, chunk.offset, chunk.bytes));
        gatherElements(storage, static_cast<std::size_t>(elementBytes), chunk.shape, chunk.strideElems,
                       chunk.originElems, run.first, out);
        return mapping->fault();
    }

    // A part of a file as one span: of its mapping, or where that is paged and should not grow by it, a temporary file.
    Result<std::span<const std::byte>> bytesOf(FileId file, std::uint64_t offset, std::uint64_t bytes) {
        TRY(const auto* mapping, mappingOf(file));
        if (!mapping->isPaged())
            return mapping->bytes().subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(bytes));
        return unpack({{}, file, offset, offset + bytes}, [&](std::uint64_t at, std::span<std::byte> out) {
            return mapping->file().readAt(at, out, stop);
        });
    }

    template <class Read>
    Result<std::span<const std::byte>> unpack(const Window& wanted, Read read) {
        if (!scratch || window != wanted) {
            scratch.reset();
            TRY(auto fresh, ScratchFile::create(wanted.end - wanted.begin));
            for (std::uint64_t at = wanted.begin; at < wanted.end; at += kScratchBlock) {
                const auto block = std::min(kScratchBlock, wanted.end - at);
                TRY_VOID(read(at, fresh.bytes().subspan(static_cast<std::size_t>(at - wanted.begin),
                                                        static_cast<std::size_t>(block))));
            }
            scratch = std::move(fresh);
            window = wanted;
        }
        return std::span<const std::byte>(scratch->bytes());
    }

    // Bytes [begin, end) of a storage as one span; deflated and chunked ones are unpacked as a whole.
    Result<std::span<const std::byte>> storageBytes(StorageId id, std::uint64_t begin, std::uint64_t end) {
        const Storage& storage = checkpoint->tensors.storage(id);
        if (begin > end || end > storage.bytes)
            return fail(Errc::OutOfBounds, fmt::format("bytes {} to {} of storage {}, which has {}", begin, end,
                                                       inQuotes(storage.key), storage.bytes));
        if (storage.encoding == StorageEncoding::Raw) {
            TRY(const auto* mapping, fileOf(id));
            if (!fitsWithin(storage.offset, storage.bytes, mapping->size())) {
                return fail(Errc::Truncated,
                            fmt::format("storage {} ends at byte {}, the file at {}", inQuotes(storage.key),
                                        storage.offset + storage.bytes, mapping->size()),
                            storage.offset);
            }
            return bytesOf(storage.file, storage.offset + begin, end - begin);
        }
        if (storage.encoding != StorageEncoding::Chunked) TRY_VOID(fileOf(id));
        TRY(const auto whole, unpack({id, {}, 0, storage.bytes},
                                     [&](std::uint64_t at, std::span<std::byte> out) { return readRaw(id, at, out); }));
        return whole.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin));
    }

    Result<void> readRows(TensorId id, std::uint64_t elementBytes, std::uint64_t first, std::span<std::byte> out) {
        const TensorTable& table = checkpoint->tensors;
        StridedWalk walk(table.shape(id), table.stride(id), table.storageOffsetElems(id), first);
        while (!out.empty()) {
            const auto run = walk.run();
            const std::uint64_t count = std::min(run.count, out.size() / elementBytes);
            const auto bytes = static_cast<std::size_t>(count * elementBytes);
            TRY_VOID(readRaw(table.storageId(id), run.element * elementBytes, out.first(bytes)));
            out = out.subspan(bytes);
            walk.advance(count);
        }
        return {};
    }

    Result<void> readStrided(TensorId id, std::uint64_t elementBytes, std::uint64_t first, std::span<std::byte> out) {
        const TensorTable& table = checkpoint->tensors;
        const auto shape = table.shape(id);
        const Storage& storage = table.storage(id);
        const bool raw = storage.encoding == StorageEncoding::Raw;
        const auto* const mapping =
            storage.file.valid() ? checkpoint->files[storage.file.index()].mapping.get() : nullptr;
        const bool remote = mapping != nullptr && mapping->file().remote() != nullptr;
        const std::uint64_t worthwhile = (remote ? kScratchBlock : kReadRunBytes) / elementBytes;
        if (raw && table.stride(id).back() == 1 && shape.back() >= worthwhile)
            return readRows(id, elementBytes, first, out);
        const std::uint64_t begin = table.storageOffsetElems(id);
        TRY(const auto end, extentElems(shape, table.stride(id), begin));
        TRY(const auto bytes, storageBytes(table.storageId(id), begin * elementBytes, end * elementBytes));
        gatherElements(bytes, static_cast<std::size_t>(elementBytes), shape, table.stride(id), 0, first, out);
        return raw ? mapping->fault() : Result<void>();
    }

    Result<void> readLogical(TensorId id, std::uint64_t first, std::span<std::byte> out) {
        const TensorTable& table = checkpoint->tensors;
        const DType dtype = table.dtype(id);
        const std::uint32_t bits = bitWidth(dtype);
        // Packed and unknown types count in bytes; a part of a byte has no place in a strided view.
        const bool asBytes = bits == 0 || bits % 8 != 0;
        const std::uint64_t elementBytes = asBytes ? 1 : bits / 8;
        const std::uint64_t total = table.nbytes(id) / elementBytes;
        const std::uint64_t count = out.size() / elementBytes;
        if (out.size() % elementBytes != 0)
            return fail(Errc::Usage, fmt::format("{} bytes are no whole elements of {}", out.size(), torchName(dtype)));
        if (!fitsWithin(first, count, total))
            return fail(Errc::OutOfBounds, fmt::format("elements {} to {} of {}", first, first + count, total));
        if (count == 0) return {};
        if (table.contiguous(id) || dtype == DType::Opaque) {
            const auto before = dtype == DType::Opaque ? table.storageOffsetElems(id)
                                                       : packedBytes(dtype, table.storageOffsetElems(id)).value_or(0);
            TRY_VOID(readRaw(table.storageId(id), before + first * elementBytes, out));
        } else if (asBytes) {
            return fail(Errc::Unsupported, fmt::format("a strided view of packed {} elements", torchName(dtype)));
        } else {
            TRY_VOID(readStrided(id, elementBytes, first, out));
        }
        if (table.storage(id).bigEndian) swapElementBytes(dtype, out);
        if (table.isConjugate(id)) conjugateElements(dtype, out);
        if (table.isNegative(id)) negateElements(dtype, out);
        return {};
    }
};

namespace {

Result<void> inFile(Result<void> result, const Checkpoint& checkpoint, const Storage& storage) {
    if (!result && result.error().path.empty() && storage.file.valid())
        result.error().path = checkpoint.files[storage.file.index()].path;
    return result;
}

}  // namespace

TensorReader::TensorReader(std::shared_ptr<const Checkpoint> checkpoint, std::stop_token stop, ReadAhead* ahead)
    : impl_(std::make_unique<Impl>()) {
    impl_->ahead = ahead;
    impl_->stop = std::move(stop);
    impl_->headerChecked.resize(checkpoint->tensors.storages().size());
    impl_->checkpoint = std::move(checkpoint);
}

TensorReader::~TensorReader() = default;
TensorReader::TensorReader(TensorReader&&) noexcept = default;
TensorReader& TensorReader::operator=(TensorReader&&) noexcept = default;

Result<void> TensorReader::readStorage(StorageId id, std::uint64_t offset, std::span<std::byte> out) {
    return inFile(impl_->readRaw(id, offset, out), *impl_->checkpoint, impl_->checkpoint->tensors.storage(id));
}

Result<void> TensorReader::readElements(TensorId id, std::uint64_t firstElement, std::span<std::byte> out) {
    auto result =
        inFile(impl_->readLogical(id, firstElement, out), *impl_->checkpoint, impl_->checkpoint->tensors.storage(id));
    if (!result)
        result.error().what =
            fmt::format("tensor {}: {}", inQuotes(impl_->checkpoint->tensors.name(id)), result.error().what);
    return result;
}

Result<void> TensorReader::readValues(TensorId id, std::uint64_t firstElement, std::span<std::byte> out) {
    const TensorTable& table = impl_->checkpoint->tensors;
    const DType dtype = table.dtype(id);
    if (!isQuantizedBlock(dtype)) return readElements(id, firstElement, out);
    const std::uint64_t count = out.size() / sizeof(float);
    if (out.size() % sizeof(float) != 0 || !fitsWithin(firstElement, count, table.elements(id)))
        return fail(Errc::OutOfBounds, fmt::format("tensor {}: values {} to {} of {}", inQuotes(table.name(id)),
                                                   firstElement, firstElement + count, table.elements(id)));
    const BlockShape shape = blockShape(dtype);
    std::vector<std::byte> blocks;
    std::vector<float> values;
    for (std::uint64_t done = 0; done < count;) {
        const std::uint64_t first = firstElement + done;
        const std::uint64_t block = first / shape.elements;
        const std::uint64_t skipped = first - block * shape.elements;
        const std::uint64_t wanted = (skipped + count - done + shape.elements - 1) / shape.elements;
        const auto some = static_cast<std::size_t>(std::min(wanted, kUnpackedValues / shape.elements));
        blocks.resize(some * shape.bytes);
        values.resize(some * shape.elements);
        TRY_VOID(readElements(id, block * shape.bytes, blocks));
        TRY_VOID(dequantizeBlocks(dtype, blocks, values));
        const auto part = std::min<std::uint64_t>(values.size() - skipped, count - done);
        std::memcpy(&out[static_cast<std::size_t>(done) * sizeof(float)], &values[static_cast<std::size_t>(skipped)],
                    static_cast<std::size_t>(part) * sizeof(float));
        done += part;
    }
    return {};
}

}  // namespace plimsoll
