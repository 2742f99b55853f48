// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/big_vector.h"
#include "base/ids.h"
#include "base/result.h"
#include "checkpoint/chunks.h"
#include "tensor/dtype.h"

namespace plimsoll {

enum class StorageEncoding : std::uint8_t {
    Raw,       // the bytes as they are, at `offset`
    Deflated,  // a deflated zip member; `offset` is where the deflate stream starts
    Absent,    // no bytes: meta tensors, missing shards
    Chunked,   // in pieces, see TensorTable::chunked(): reads as one run of little-endian bytes; `offset` means nothing
};

// A run of bytes of one file that tensors view.
struct Storage {
    static constexpr std::uint64_t kNoHeader = ~std::uint64_t{0};

    FileId file;
    std::uint64_t offset = 0;       // from the file's start
    std::uint64_t bytes = 0;        // when decoded
    std::uint64_t storedBytes = 0;  // in the file; == bytes for Raw
    // What is checked when bytes are first used: a zip local header there must lead to `offset`; where headerCount is
    // set, the 8 bytes there must be that count (legacy torch files). kNoHeader where nothing is to check.
    std::uint64_t headerOffset = kNoHeader;
    std::uint64_t headerCount = kNoHeader;
    StorageEncoding encoding = StorageEncoding::Raw;
    bool bigEndian = false;
    DType dtype = DType::U8;     // element type that the writer gave the storage (torch: FloatStorage), U8 for untyped
    std::uint16_t location = 0;  // device that the writer had it on: TensorTable::location()
    std::string_view key;        // the format's own name for it ("0", a record name)
};

// What a reader hands in for one tensor. Spans are copied, `name` is interned as said.
struct TensorRow {
    std::string_view name;
    DType dtype = DType::F32;
    std::span<const std::uint64_t> shape;
    std::span<const std::int64_t> strideElems;  // empty: row-major contiguous
    StorageId storage;
    std::uint64_t storageOffsetElems = 0;
    std::uint64_t nbytes = 0;     // Opaque only: its bytes; computed from shape and dtype for every other type
    std::string_view opaqueName;  // what the file calls a type of which only the bytes are known; interned
    bool isParameter = false;     // wrapped in torch.nn.Parameter
    bool requiresGrad = false;
    // torch's lazy views: what is stored is to be conjugated (complex types), or negated. Readers of elements do so.
    bool isConjugate = false;
    bool isNegative = false;
};

// The inventory as columns: about 60 bytes per tensor whatever its name. Append-only while a reader builds it, then
// immutable and safe from any thread.
class TensorTable {
public:
    enum class Name { Point, Copy };  // Point: the caller keeps the text alive (Checkpoint::keepAlive)

    [[nodiscard]] std::size_t size() const noexcept { return dtype_.size(); }
    [[nodiscard]] bool empty() const noexcept { return dtype_.empty(); }

    [[nodiscard]] std::string_view name(TensorId id) const noexcept { return names_[id.index()]; }
    [[nodiscard]] DType dtype(TensorId id) const noexcept { return dtype_[id.index()]; }
    // torch's name, ggml's for block types, the file's own for Opaque: what people and JSON see.
    [[nodiscard]] std::string_view dtypeName(TensorId id) const noexcept;
    [[nodiscard]] std::span<const std::uint64_t> shape(TensorId id) const noexcept;
    // Elements; always as many as dimensions (computed strides are stored for contiguous tensors too).
    [[nodiscard]] std::span<const std::int64_t> stride(TensorId id) const noexcept;
    [[nodiscard]] StorageId storageId(TensorId id) const noexcept { return storage_[id.index()]; }
    [[nodiscard]] const Storage& storage(TensorId id) const noexcept { return storages_[storage_[id.index()].index()]; }
    [[nodiscard]] std::uint64_t storageOffsetElems(TensorId id) const noexcept { return storageOffset_[id.index()]; }
    [[nodiscard]] std::uint64_t elements(TensorId id) const noexcept;
    [[nodiscard]] std::uint64_t nbytes(TensorId id) const noexcept { return nbytes_[id.index()]; }
    [[nodiscard]] bool contiguous(TensorId id) const noexcept;
    [[nodiscard]] bool isParameter(TensorId id) const noexcept { return (flags_[id.index()] & 1U) != 0; }
    [[nodiscard]] bool requiresGrad(TensorId id) const noexcept { return (flags_[id.index()] & 2U) != 0; }
    [[nodiscard]] bool isConjugate(TensorId id) const noexcept { return (flags_[id.index()] & 4U) != 0; }
    [[nodiscard]] bool isNegative(TensorId id) const noexcept { return (flags_[id.index()] & 8U) != 0; }
    // The stored bytes are not the values.
    [[nodiscard]] bool isLazyView(TensorId id) const noexcept { return (flags_[id.index()] & 12U) != 0; }
    // Offset in the file of the first element, nothing where the storage is not Raw.
    [[nodiscard]] std::optional<std::uint64_t> fileOffset(TensorId id) const noexcept;

    [[nodiscard]] std::span<const Storage> storages() const noexcept { return storages_; }
    [[nodiscard]] const Storage& storage(StorageId id) const noexcept { return storages_[id.index()]; }

    // torch's location text of storages ("cuda:0"); 0 is "cpu".
    [[nodiscard]] std::string_view location(std::uint16_t index) const noexcept;
    // Of a storage of encoding Chunked.
    [[nodiscard]] const ChunkedTensor& chunked(StorageId id) const noexcept { return chunked_.at(id.value); }

    // Sum of nbytes over all tensors; shared storage counts once per tensor.
    [[nodiscard]] std::uint64_t totalBytes() const noexcept { return totalBytes_; }

    // Building. add() validates meaning: extent(shape, stride, offset) lies within the storage.
    //   errors  OutOfBounds, Overflow, OverLimit (dimensions), Corrupt; the message names the tensor
    [[nodiscard]] Result<TensorId> add(const TensorRow& row, Name naming);
    StorageId addStorage(const Storage& storage);
    // The number of a location text. No sane file names more devices than a number can tell apart: further ones are
    // "cpu".
    [[nodiscard]] std::uint16_t addLocation(std::string_view text);
    // A storage of encoding Chunked that holds the whole tensor, contiguous. `key` is the caller's, as in Storage.
    //   errors  as checkChunks
    [[nodiscard]] Result<StorageId> addChunked(ChunkedTensor tensor, std::string_view key);
    // A copy of the text that lives as long as the table.
    [[nodiscard]] std::string_view intern(std::string_view text);
    // Gives a tensor its final name (readers meet a tensor before they know its path).
    void rename(TensorId id, std::string_view name, Name naming);
    // One more row for the same view of the same storage: a tensor that is reached by a second path.
    [[nodiscard]] Result<TensorId> addAgain(TensorId id, std::string_view name, Name naming);
    void markParameter(TensorId id, bool requiresGrad) noexcept;
    // A storage whose place in the file is known only after the tensors on it were added.
    void placeStorage(StorageId id, std::uint64_t offset, std::uint64_t headerOffset,
                      std::uint64_t headerCount) noexcept;
    // Forgets every row and storage added since: what a broken shard left behind.
    struct Mark {
        std::size_t tensors = 0;
        std::size_t storages = 0;
        std::size_t dims = 0;
        std::uint64_t bytes = 0;
    };
    [[nodiscard]] Mark mark() const noexcept;
    void rollBack(const Mark& mark);
    void reserve(std::size_t tensors);

private:
    // Appends shape and strides to the pools; appends nothing where it fails.
    [[nodiscard]] Result<void> appendLayout(const TensorRow& row);
    void nameType(TensorId id, std::string_view name);
    [[nodiscard]] Result<std::uint64_t> checkedBytes(const TensorRow& row, std::span<const std::int64_t> strides) const;

    BigVector<std::string_view> names_;
    BigVector<DType> dtype_;
    BigVector<std::uint8_t> rank_;
    BigVector<std::uint8_t> flags_;
    BigVector<std::uint32_t> dimsAt_;  // into shapePool_ and stridePool_
    BigVector<StorageId> storage_;
    BigVector<std::uint64_t> storageOffset_;
    BigVector<std::uint64_t> nbytes_;
    BigVector<std::uint64_t> shapePool_;
    BigVector<std::int64_t> stridePool_;
    BigVector<Storage> storages_;
    std::vector<std::string_view> locations_;                   // from 1 on
    std::unordered_map<std::uint32_t, ChunkedTensor> chunked_;  // by storage
    std::unordered_map<std::uint32_t, std::string_view> opaqueNames_;
    std::vector<std::unique_ptr<char[]>> internedBlocks_;  // never move: views point into them
    std::span<char> internSpace_;                          // what is free in the last block
    std::uint64_t totalBytes_ = 0;
};

}  // namespace plimsoll
