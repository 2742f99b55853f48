// SPDX-License-Identifier: GPL-3.0-or-later
#include "checkpoint/tensor_table.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/checked.h"
#include "base/limits.h"
#include "checkpoint/words.h"
#include "tensor/layout.h"

namespace plimsoll {

namespace {

constexpr std::size_t kInternBlock = std::size_t{64} * 1024;

tl::unexpected<Error> inTensor(std::string_view name, Error error) {
    // A tensor of a pickle is met before its name is known.
    if (!name.empty()) error.what = fmt::format("tensor {}: {}", inQuotes(name), error.what);
    return fail(std::move(error));
}

tl::unexpected<Error> inTensor(std::string_view name, Errc code, std::string what) {
    return inTensor(name, Error{code, kNoOffset, std::move(what), {}});
}

}  // namespace

std::string_view TensorTable::dtypeName(TensorId id) const noexcept {
    const auto named = opaqueNames_.empty() ? opaqueNames_.end() : opaqueNames_.find(id.index());
    return named == opaqueNames_.end() || named->second.empty() ? torchName(dtype(id)) : named->second;
}

std::span<const std::uint64_t> TensorTable::shape(TensorId id) const noexcept {
    return std::span(shapePool_).subspan(dimsAt_[id.index()], rank_[id.index()]);
}

std::span<const std::int64_t> TensorTable::stride(TensorId id) const noexcept {
    return std::span(stridePool_).subspan(dimsAt_[id.index()], rank_[id.index()]);
}

std::uint64_t TensorTable::elements(TensorId id) const noexcept {
    std::uint64_t product = 1;
    for (const auto dim : shape(id)) product *= dim;  // add() refused every product that wraps
    return product;
}

bool TensorTable::contiguous(TensorId id) const noexcept {
    return isContiguous(shape(id), stride(id));
}

std::optional<std::uint64_t> TensorTable::fileOffset(TensorId id) const noexcept {
    const Storage& store = storage(id);
    if (store.encoding != StorageEncoding::Raw) return std::nullopt;
    const std::uint64_t before = storageOffsetElems(id);
    const auto bytes = dtype(id) == DType::Opaque ? before : packedBytes(dtype(id), before);
    // An empty view may lie anywhere, also outside its storage.
    if (!bytes || *bytes > store.bytes) return std::nullopt;
    return store.offset + *bytes;
}

Result<void> TensorTable::appendLayout(const TensorRow& row) {
    if (row.shape.size() > limits::kDimensions)
        return inTensor(row.name, Errc::OverLimit,
                        fmt::format("{} dimensions, at most {} are possible", row.shape.size(), limits::kDimensions));
    if (!row.strideElems.empty() && row.strideElems.size() != row.shape.size())
        return inTensor(row.name, Errc::Corrupt,
                        fmt::format("{} strides for {} dimensions", row.strideElems.size(), row.shape.size()));
    if (shapePool_.size() + row.shape.size() > std::numeric_limits<std::uint32_t>::max())
        return inTensor(row.name, Errc::OverLimit, "more dimensions in all than 32 bits can count");
    if (auto count = elementCount(row.shape); !count) return inTensor(row.name, std::move(count.error()));
    shapePool_.insert(shapePool_.end(), row.shape.begin(), row.shape.end());
    if (!row.strideElems.empty()) {
        stridePool_.insert(stridePool_.end(), row.strideElems.begin(), row.strideElems.end());
        return {};
    }
    const std::size_t start = stridePool_.size();
    stridePool_.resize(shapePool_.size());
    std::int64_t stride = 1;
    for (std::size_t i = row.shape.size(); i-- > 0;) {
        stridePool_[start + i] = stride;
        // A wrapped stride can only stand before a zero dimension (the product fits), where no element uses it.
        if (row.shape[i] > 1 && __builtin_mul_overflow(stride, row.shape[i], &stride))
            stride = std::numeric_limits<std::int64_t>::max();
    }
    return {};
}

Result<std::uint64_t> TensorTable::checkedBytes(const TensorRow& row, std::span<const std::int64_t> strides) const {
    const Storage& store = storages_[row.storage.index()];
    const bool absent = store.encoding == StorageEncoding::Absent;
    if (row.dtype == DType::Opaque) {
        if (!absent && !fitsWithin(row.storageOffsetElems, row.nbytes, store.bytes)) {
            return inTensor(row.name, Errc::OutOfBounds,
                            fmt::format("{} bytes from byte {} of a storage of {} bytes", row.nbytes,
                                        row.storageOffsetElems, store.bytes));
        }
        return row.nbytes;
    }
    const std::uint64_t count = *elementCount(row.shape);  // appendLayout refused an overflow
    const auto nbytes = packedBytes(row.dtype, count);
    if (!nbytes)
        return inTensor(row.name, Errc::Overflow,
                        fmt::format("{} elements of {} do not make a count of bytes", count, torchName(row.dtype)));
    auto extent = extentElems(row.shape, strides, row.storageOffsetElems);
    if (!extent) return inTensor(row.name, std::move(extent.error()));
    const auto needed = packedBytes(row.dtype, *extent);
    if (!needed) return inTensor(row.name, Errc::Overflow, fmt::format("reaches element {}", *extent));
    if (!absent && *needed > store.bytes) {
        return inTensor(row.name, Errc::OutOfBounds,
                        fmt::format("shape [{}] with stride [{}] from element {} of {} needs {} bytes, its storage {} "
                                    "has {}",
                                    fmt::join(row.shape, ", "), fmt::join(strides, ", "), row.storageOffsetElems,
                                    torchName(row.dtype), *needed, inQuotes(store.key), store.bytes));
    }
    return *nbytes;
}

Result<TensorId> TensorTable::add(const TensorRow& row, Name naming) {
    if (!row.storage.valid() || row.storage.index() >= storages_.size())
        return inTensor(row.name, Errc::Corrupt, "has no storage");
    if (size() >= TensorId::kNone) return inTensor(row.name, Errc::OverLimit, "more tensors than 32 bits can count");
    const std::size_t at = shapePool_.size();
    TRY_VOID(appendLayout(row));
    auto nbytes = checkedBytes(row, std::span(stridePool_).subspan(at));
    const auto total = nbytes ? checkedAdd(totalBytes_, *nbytes) : std::nullopt;
    if (!total) {
        shapePool_.resize(at);
        stridePool_.resize(at);
        if (!nbytes) return fail(std::move(nbytes.error()));
        return inTensor(row.name, Errc::Overflow, "all tensors together have more bytes than 64 bits can count");
    }
    const TensorId id(static_cast<std::uint32_t>(size()));
    names_.push_back(naming == Name::Point ? row.name : intern(row.name));
    dtype_.push_back(row.dtype);
    rank_.push_back(static_cast<std::uint8_t>(row.shape.size()));
    flags_.push_back(static_cast<std::uint8_t>((row.isParameter ? 1U : 0U) | (row.requiresGrad ? 2U : 0U) |
                                               (row.isConjugate ? 4U : 0U) | (row.isNegative ? 8U : 0U)));
    dimsAt_.push_back(static_cast<std::uint32_t>(at));
    storage_.push_back(row.storage);
    storageOffset_.push_back(row.storageOffsetElems);
    nbytes_.push_back(*nbytes);
    totalBytes_ = *total;
    nameType(id, intern(row.opaqueName));
    return id;
}

StorageId TensorTable::addStorage(const Storage& storage) {
    storages_.push_back(storage);
    return StorageId(static_cast<std::uint32_t>(storages_.size() - 1));
}

std::string_view TensorTable::location(std::uint16_t index) const noexcept {
    return index == 0 ? std::string_view("cpu") : locations_[index - 1U];
}

std::uint16_t TensorTable::addLocation(std::string_view text) {
    constexpr std::size_t kMost = 1024;
    if (text == location(0)) return 0;
    const auto known = std::ranges::find(locations_, text);
    if (known == locations_.end()) {
        if (locations_.size() == kMost) return 0;
        locations_.push_back(intern(text));
        return static_cast<std::uint16_t>(locations_.size());
    }
    return static_cast<std::uint16_t>(known - locations_.begin() + 1);
}

Result<StorageId> TensorTable::addChunked(ChunkedTensor tensor, std::string_view key) {
    TRY_VOID(checkChunks(tensor));
    TRY(const auto elements, elementCount(tensor.shape));
    const auto bytes = packedBytes(tensor.dtype, elements);
    if (!bytes) return fail(Errc::Overflow, fmt::format("{} elements do not make a count of bytes", elements));
    Storage storage;
    storage.file = tensor.chunks.empty() ? FileId() : tensor.chunks.front().file;
    storage.bytes = *bytes;
    storage.storedBytes = *bytes;
    storage.encoding = StorageEncoding::Chunked;
    storage.dtype = tensor.dtype;
    storage.key = key;
    const StorageId id = addStorage(storage);
    chunked_.insert_or_assign(id.value, std::move(tensor));
    return id;
}

std::string_view TensorTable::intern(std::string_view text) {
    if (text.empty()) return {};
    if (text.size() > internSpace_.size()) {
        const std::size_t bytes = std::max(kInternBlock, text.size());
        internedBlocks_.push_back(std::make_unique_for_overwrite<char[]>(bytes));
        internSpace_ = {internedBlocks_.back().get(), bytes};
    }
    std::memcpy(internSpace_.data(), text.data(), text.size());
    const std::string_view copy(internSpace_.data(), text.size());
    internSpace_ = internSpace_.subspan(text.size());
    return copy;
}

void TensorTable::rename(TensorId id, std::string_view name, Name naming) {
    names_[id.index()] = naming == Name::Point ? name : intern(name);
}

Result<TensorId> TensorTable::addAgain(TensorId id, std::string_view name, Name naming) {
    const std::size_t from = id.index();
    const auto total = checkedAdd(totalBytes_, nbytes_[from]);
    if (!total || size() >= TensorId::kNone)
        return inTensor(name, Errc::OverLimit, "more tensors, or more bytes in them, than can be counted");
    const TensorId copy(static_cast<std::uint32_t>(size()));
    names_.push_back(naming == Name::Point ? name : intern(name));
    dtype_.push_back(dtype_[from]);
    rank_.push_back(rank_[from]);
    flags_.push_back(flags_[from]);
    dimsAt_.push_back(dimsAt_[from]);
    storage_.push_back(storage_[from]);
    storageOffset_.push_back(storageOffset_[from]);
    nbytes_.push_back(nbytes_[from]);
    totalBytes_ = *total;
    const auto named = opaqueNames_.find(id.index());
    nameType(copy, named == opaqueNames_.end() ? std::string_view() : named->second);
    return copy;
}

// Rows that were rolled back may have left a name.
void TensorTable::nameType(TensorId id, std::string_view name) {
    if (!name.empty())
        opaqueNames_.insert_or_assign(id.index(), name);
    else if (!opaqueNames_.empty())
        opaqueNames_.erase(id.index());
}

void TensorTable::markParameter(TensorId id, bool requiresGrad) noexcept {
    flags_[id.index()] = static_cast<std::uint8_t>((flags_[id.index()] & ~2U) | 1U | (requiresGrad ? 2U : 0U));
}

void TensorTable::placeStorage(StorageId id, std::uint64_t offset, std::uint64_t headerOffset,
                               std::uint64_t headerCount) noexcept {
    storages_[id.index()].offset = offset;
    storages_[id.index()].headerOffset = headerOffset;
    storages_[id.index()].headerCount = headerCount;
}

TensorTable::Mark TensorTable::mark() const noexcept {
    return {size(), storages_.size(), shapePool_.size(), totalBytes_};
}

void TensorTable::rollBack(const Mark& mark) {
    names_.resize(mark.tensors);
    dtype_.resize(mark.tensors);
    rank_.resize(mark.tensors);
    flags_.resize(mark.tensors);
    dimsAt_.resize(mark.tensors);
    storage_.resize(mark.tensors);
    storageOffset_.resize(mark.tensors);
    nbytes_.resize(mark.tensors);
    for (std::size_t i = mark.storages; i < storages_.size(); ++i)
        if (storages_[i].encoding == StorageEncoding::Chunked) chunked_.erase(static_cast<std::uint32_t>(i));
    storages_.resize(mark.storages);
    shapePool_.resize(mark.dims);
    stridePool_.resize(mark.dims);
    totalBytes_ = mark.bytes;
}

void TensorTable::reserve(std::size_t tensors) {
    names_.reserve(tensors);
    dtype_.reserve(tensors);
    rank_.reserve(tensors);
    flags_.reserve(tensors);
    dimsAt_.reserve(tensors);
    storage_.reserve(tensors);
    storageOffset_.reserve(tensors);
    nbytes_.reserve(tensors);
    shapePool_.reserve(2 * tensors);
    stridePool_.reserve(2 * tensors);
    storages_.reserve(tensors);
}

}  // namespace plimsoll
