// SPDX-License-Identifier: GPL-3.0-or-later
#include "convert/tensor_archive.h"

#include <algorithm>
#include <utility>

#include <xxhash.h>

#include "convert/storage_plan.h"
#include "convert/torch_layout.h"
#include "convert/value_walk.h"

namespace plimsoll {

Result<PlannedFile> tensorArchive(PlainEntry entry, ArchiveUse use) {
    if (use == ArchiveUse::Part) {
        entry.isParameter = entry.requiresGrad = false;
        entry.location = "cpu";
    }
    TRY(auto archive, planTensorFile(std::move(entry), use));
    return compactArchive(std::move(archive));
}

PlannedFile describedArchive(PlannedFile archive, ArchiveUse use) {
    PlannedArchive described;
    described.use = use;
    for (const auto& blob : archive.blobs)
        described.hash = XXH3_64bits_withSeed(blob.bytes.data(), blob.bytes.size(), described.hash ^ blob.offset);
    PlannedFile file;
    file.bytes = archive.bytes;
    file.archives = {described};
    file.records = std::move(archive.records);
    file.records.front().crcPlaces = std::vector<std::uint64_t>();
    return file;
}

Result<PlannedFile> tensorArchiveAgain(const Checkpoint& source, const PlannedRecord& record, ArchiveUse use) {
    TRY(auto entry, plainEntry(source, {record.tensor, record.name, record.to}));
    return tensorArchive(std::move(entry), use);
}

Result<ObjectArchive> objectArchive(const Checkpoint& source, const ValueTree& tree, Value object,
                                    std::span<const DType> to, ArchiveUse use) {
    ObjectArchive made;
    const auto reached = reachedFrom(tree, object);
    for (const auto id : reached.tensors) made.picks.push_back({id, source.tensors.name(id), to[id.index()]});
    StoragePlan storages;
    if (!made.picks.empty() || !reached.storages.empty()) {
        TRY(storages, planStorages(source, made.picks, reached.storages));
    }
    TRY(auto archive, planTorchGraph({source, made.picks, storages}, tree, object, {}, use));
    made.file = compactArchive(std::move(archive));
    made.notes = std::move(storages.notes);
    return made;
}

PlannedFile compactArchive(PlannedFile archive) {
    std::ranges::sort(archive.blobs, {}, &PlannedBlob::offset);
    std::vector<PlannedBlob> joined;
    for (auto& blob : archive.blobs) {
        if (!joined.empty() && joined.back().offset + joined.back().bytes.size() == blob.offset)
            joined.back().bytes.insert(joined.back().bytes.end(), blob.bytes.begin(), blob.bytes.end());
        else
            joined.push_back(std::move(blob));
    }
    for (auto& blob : joined) blob.bytes.shrink_to_fit();
    archive.blobs = std::move(joined);
    archive.numbers.shrink_to_fit();
    return archive;
}

}  // namespace plimsoll
