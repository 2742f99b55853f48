// SPDX-License-Identifier: GPL-3.0-or-later
#include "load/mapped_state.h"

#include <fmt/format.h>

#include "base/checked.h"
#include "base/glob.h"
#include "checkpoint/in_place.h"
#include "load/state_storage.h"

namespace plimsoll {

namespace {

// The storage's bytes where the file is mapped; the tensor keeps the mapping alive. Its pages are read-only: a write
// would be a fault, and weights that are loaded to be used are never written.
Result<at::Tensor> mappedStorage(const Checkpoint& checkpoint, StorageId id) {
    const Storage& storage = checkpoint.tensors.storage(id);
    const auto mapping = checkpoint.files[storage.file.index()].mapping;
    if (!mapping || mapping->isPaged())
        return fail(Errc::Unsupported, "this source cannot be mapped into memory: it is no file of this machine");
    if (!fitsWithin(storage.offset, storage.bytes, mapping->size()))
        return fail(Errc::Truncated, fmt::format("storage '{}' ends beyond the file's end", storage.key),
                    storage.offset);
    const auto bytes =
        mapping->bytes().subspan(static_cast<std::size_t>(storage.offset), static_cast<std::size_t>(storage.bytes));
    return at::from_blob(
        const_cast<std::byte*>(bytes.data()), {static_cast<std::int64_t>(bytes.size())}, [mapping](void*) {},
        at::TensorOptions(at::kByte));
}

}  // namespace

Result<at::Tensor> MappedState::tensorOf(const ModuleTree& tree, const ModuleTree::Slot& slot) {
    const TensorTable& tensors = context_.checkpoint->tensors;
    const StorageId id = tensors.storageId(slot.tensor);
    if (!usableInPlace(tensors, slot.tensor)) return copied(slot);
    auto& bytes = storages_[id.index()];
    if (!bytes.defined()) {
        TRY_VOID(reader_.readStorage(id, 0, {}));  // checks that the record starts where the directory says
        TRY(const auto mapped, mappedStorage(*context_.checkpoint, id));
        bytes = mapped.to(device_);
    }
    return viewOf(bytes, tree, slot);
}

void MappedState::noteCopies() const {
    if (copies_ != 0) {
        context_.reporter.note(
            fmt::format("{} tensors ({}) were copied: their bytes in the file are compressed, big-endian, not aligned, "
                        "or a conjugate or negative of their values",
                        copies_, formatByteSize(copiedBytes_)));
    }
}

Result<at::Tensor> MappedState::copied(const ModuleTree::Slot& slot) {
    TRY(const auto tensor, readTensor(reader_, slot.tensor, slot));
    ++copies_;
    copiedBytes_ += tensor.nbytes();
    return tensor.to(device_);
}

}  // namespace plimsoll
