// SPDX-License-Identifier: GPL-3.0-or-later
#include "convert/plain_entry.h"

#include <utility>

#include "convert/refusals.h"
#include "convert/stop_check.h"
#include "convert/storage_plan.h"
#include "convert/torch_pickle.h"
#include "tensor/layout.h"

namespace plimsoll {

PlannedRecord elementsRecord(const TensorTable& table, const Selection::Pick& pick) {
    PlannedRecord record;
    record.name = pick.name;
    record.source = PlannedRecord::Source::TensorElements;
    record.storage = table.storageId(pick.id);
    record.tensor = pick.id;
    record.from = table.dtype(pick.id);
    record.to = pick.to;
    const bool wholeBytes = bitWidth(record.from) % 8 == 0;
    record.elements = wholeBytes ? table.elements(pick.id) : table.nbytes(pick.id);
    record.destinationBytes = wholeBytes ? record.elements * (bitWidth(record.to) / 8) : record.elements;
    return record;
}

Result<PlainEntry> plainEntry(const Checkpoint& source, const Selection::Pick& pick) {
    const auto& table = source.tensors;
    TRY_VOID(checkTorchHolds(table, pick));
    const auto shape = table.shape(pick.id);
    PlainEntry entry;
    entry.shape.assign(shape.begin(), shape.end());
    if (torchDType(pick.to) != pick.to) entry.shape.back() /= 2;  // torch counts the bytes that hold two values
    entry.record = elementsRecord(table, pick);
    entry.isParameter = table.isParameter(pick.id);
    entry.requiresGrad = table.requiresGrad(pick.id);
    entry.location = table.location(table.storage(pick.id).location);
    return entry;
}

Result<std::vector<PlainEntry>> plainEntries(const Checkpoint& source, std::span<const Selection::Pick> picks,
                                             const std::stop_token& stop) {
    std::vector<PlainEntry> entries;
    entries.reserve(picks.size());
    StopCheck check(stop);
    Refusals refusals;
    for (const auto& pick : picks) {
        if (check.stopped()) return cancelled();
        auto entry = plainEntry(source, pick);
        if (entry)
            entries.push_back(std::move(*entry));
        else
            TRY_VOID(refusals.add(std::move(entry.error()), pick.name));
    }
    TRY_VOID(refusals.result());
    return entries;
}

Result<PlannedFile> planTensorFile(PlainEntry entry, ArchiveUse use) {
    PickleWriter out;
    TorchPickle pickle(out);
    const auto stride = contiguousStride(entry.shape);
    TorchTensor tensor;
    tensor.dtype = torchDType(entry.record.to);
    tensor.shape = entry.shape;
    tensor.strideElems = stride;
    tensor.isParameter = entry.isParameter;
    tensor.requiresGrad = entry.requiresGrad;
    TorchStorage storage;
    storage.dtype = tensor.dtype;
    storage.elements = entry.record.elements;
    storage.location = entry.location;
    out.proto2();
    pickle.tensor(storage, tensor);
    out.stop();
    std::vector<PlannedRecord> records;
    records.push_back(std::move(entry.record));
    return layoutTorchFile({}, out.take(), std::move(records), use);
}

}  // namespace plimsoll
