// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "checkpoint/checkpoint.h"

// A checkpoint that exists in memory only: an inventory to plan with, without a file.
class MadeCheckpoint {
public:
    explicit MadeCheckpoint(plimsoll::Format format = plimsoll::Format::TorchZip) {
        checkpoint_->format = format;
        checkpoint_->path = "made";
        checkpoint_->files.push_back({"made", "made", 1 << 20, nullptr});
    }

    plimsoll::StorageId storage(std::uint64_t bytes, plimsoll::DType dtype = plimsoll::DType::F32,
                                plimsoll::StorageEncoding encoding = plimsoll::StorageEncoding::Raw) {
        plimsoll::Storage storage;
        storage.file = plimsoll::FileId(0);
        storage.bytes = bytes;
        storage.storedBytes = bytes;
        storage.dtype = dtype;
        storage.encoding = encoding;
        return checkpoint_->tensors.addStorage(storage);
    }

    // A contiguous tensor, on a storage of its own unless one is given.
    plimsoll::TensorId tensor(const std::string& name, std::vector<std::uint64_t> shape,
                              plimsoll::DType dtype = plimsoll::DType::F32, plimsoll::StorageId storage = {},
                              std::uint64_t offsetElems = 0, std::vector<std::int64_t> stride = {}) {
        if (!storage.valid()) {
            std::uint64_t elements = 1;
            for (const auto dim : shape) elements *= dim;
            storage = this->storage(plimsoll::packedBytes(dtype, elements).value_or(0), dtype);
        }
        plimsoll::TensorRow row;
        row.name = name;
        row.dtype = dtype;
        row.shape = shape;
        row.strideElems = stride;
        row.storage = storage;
        row.storageOffsetElems = offsetElems;
        auto id = checkpoint_->tensors.add(row, plimsoll::TensorTable::Name::Copy);
        Q_ASSERT(id);
        return *id;
    }

    plimsoll::ValueTree& tree() { return checkpoint_->values; }
    plimsoll::Value text(std::string_view content) { return tree().textCopy(plimsoll::ValueKind::String, content); }
    plimsoll::Value dict(const std::vector<std::pair<std::string, plimsoll::Value>>& items) {
        const auto dict = tree().dict();
        for (const auto& [key, item] : items) tree().insert(dict, text(key), item);
        return dict;
    }
    // A dict of the tensors under these names: name -> tensor.
    plimsoll::Value stateDict(const std::vector<std::pair<std::string, plimsoll::TensorId>>& tensors) {
        const auto dict = tree().dict();
        for (const auto& [key, id] : tensors) tree().insert(dict, text(key), plimsoll::ValueTree::tensorRef(id));
        return dict;
    }

    std::shared_ptr<const plimsoll::Checkpoint> finish(plimsoll::Value root) {
        tree().setRoot(root);
        return std::move(checkpoint_);
    }

private:
    std::shared_ptr<plimsoll::Checkpoint> checkpoint_ = std::make_shared<plimsoll::Checkpoint>();
};
