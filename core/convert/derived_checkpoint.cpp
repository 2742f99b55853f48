// SPDX-License-Identifier: GPL-3.0-or-later
#include "convert/derived_checkpoint.h"

#include <utility>

namespace plimsoll {

std::uint32_t DerivedCheckpoint::addFiles(const std::shared_ptr<const Checkpoint>& from) {
    const auto base = static_cast<std::uint32_t>(made_->files.size());
    made_->files.insert(made_->files.end(), from->files.begin(), from->files.end());
    made_->regions.push_back(from);
    return base;
}

Result<StorageId> DerivedCheckpoint::copied(const TensorTable& table, TensorId id, std::uint32_t fileBase) {
    auto storage = table.storage(id);
    if (storage.encoding == StorageEncoding::Chunked) {
        auto tensor = table.chunked(table.storageId(id));
        for (auto& chunk : tensor.chunks) chunk.file = FileId(fileBase + chunk.file.value);
        return made_->tensors.addChunked(std::move(tensor), storage.key);
    }
    if (storage.file.valid()) storage.file = FileId(fileBase + storage.file.value);
    storage.location = made_->tensors.addLocation(table.location(storage.location));
    return made_->tensors.addStorage(storage);
}

Result<TensorId> DerivedCheckpoint::whole(const TensorTable& table, TensorId id, std::string_view name,
                                          std::uint32_t fileBase, std::optional<DType> as) {
    auto& storages = storages_[fileBase];
    auto known = storages.find(table.storageId(id).value);
    if (known == storages.end()) {
        TRY(const auto storage, copied(table, id, fileBase));
        known = storages.emplace(table.storageId(id).value, storage).first;
    }
    TensorRow row;
    row.name = name;
    row.dtype = as.value_or(table.dtype(id));
    row.shape = table.shape(id);
    row.strideElems = table.stride(id);
    row.storage = known->second;
    row.storageOffsetElems = table.storageOffsetElems(id);
    row.nbytes = table.nbytes(id);
    if (!as && table.dtypeName(id) != torchName(row.dtype)) row.opaqueName = table.dtypeName(id);
    row.isConjugate = table.isConjugate(id);
    row.isNegative = table.isNegative(id);
    return made_->tensors.add(row, TensorTable::Name::Copy);
}

Result<TensorId> DerivedCheckpoint::pieces(ChunkedTensor tensor, std::string_view name) {
    const auto shape = tensor.shape;
    TensorRow row;
    row.dtype = tensor.dtype;
    TRY(row.storage, made_->tensors.addChunked(std::move(tensor), name));
    row.name = name;
    row.shape = shape;
    return made_->tensors.add(row, TensorTable::Name::Copy);
}

std::shared_ptr<const Checkpoint> DerivedCheckpoint::finish(std::string path, ValueTree values) {
    made_->path = std::move(path);
    made_->format = Format::Safetensors;  // flat
    made_->values = std::move(values);
    return std::move(made_);
}

}  // namespace plimsoll
