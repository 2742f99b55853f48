// SPDX-License-Identifier: GPL-3.0-or-later
#include "audit/outside.h"

#include <algorithm>
#include <utility>

#include "audit/storage_use.h"

namespace plimsoll {

OutsideWords outsideWords(Format format) noexcept {
    switch (format) {
        case Format::TorchZip:
        case Format::TorchScript:
        case Format::PytorchIndex:
            return {"before the first storage: the pickle and zip headers",
                    "between storages: zip headers, padding, other records",
                    "after the last storage: other records and the zip directory"};
        case Format::TorchLegacy:
        case Format::TorchTar:
            return {"before the first storage: the pickles", "between storages: their lengths",
                    "after the last storage"};
        case Format::Safetensors:
        case Format::SafetensorsIndex:
            return {"before the first tensor: the header", "between tensors", "after the last tensor"};
        case Format::Gguf:
            return {"before the first tensor: metadata and header", "between tensors: padding",
                    "after the last tensor: padding"};
        case Format::Npy:
            return {"before the array: the header", "between arrays", "after the array"};
        case Format::Npz:
            return {"before the first array: headers", "between arrays: headers",
                    "after the last array: the directory"};
        default:
            return {"before the first tensor", "between tensors", "after the last tensor"};
    }
}

std::vector<StorageExtent> storageExtents(const TensorTable& table) {
    std::vector<StorageExtent> extents;
    const auto storages = table.storages();
    extents.reserve(storages.size());
    for (std::uint32_t i = 0; i < storages.size(); ++i) {
        const auto add = [&](FileId file, std::uint64_t offset, std::uint64_t bytes) {
            if (file.valid() && bytes > 0) extents.push_back({file, offset, offset + bytes, StorageId(i)});
        };
        const Storage& storage = storages[i];
        if (storage.encoding == StorageEncoding::Chunked) {
            for (const TensorChunk& chunk : table.chunked(StorageId(i)).chunks)
                add(chunk.file, chunk.offset, chunk.bytes);
        } else if (storage.encoding != StorageEncoding::Absent) {
            add(storage.file, storage.offset, storage.storedBytes);
        }
    }
    const auto place = [](const StorageExtent& extent) { return std::pair(extent.file, extent.begin); };
    if (!std::ranges::is_sorted(extents, {}, place)) std::ranges::sort(extents, {}, place);
    return extents;
}

std::vector<OutsideSum> bytesOutsideStorages(const Checkpoint& checkpoint) {
    const auto extents = storageExtents(checkpoint.tensors);
    const OutsideWords words = outsideWords(checkpoint.format);
    OutsideSum before{std::string(words.before), 0};
    OutsideSum between{std::string(words.between), 0};
    OutsideSum after{std::string(words.after), 0};
    OutsideSum without{"files without a tensor", 0};
    auto next = extents.begin();
    for (std::uint32_t file = 0; file < checkpoint.files.size(); ++file) {
        const std::uint64_t bytes = checkpoint.files[file].bytes;
        std::uint64_t reached = 0;
        bool first = true;
        for (; next != extents.end() && next->file.index() == file; ++next) {
            if (next->begin > reached) (first ? before : between).bytes += next->begin - reached;
            reached = std::max(reached, next->end);
            first = false;
        }
        if (bytes > reached) (first ? without : after).bytes += bytes - reached;
    }
    std::vector<OutsideSum> sums;
    for (auto* sum : {&before, &between, &after, &without})
        if (sum->bytes > 0) sums.push_back(std::move(*sum));
    return sums;
}

}  // namespace plimsoll
