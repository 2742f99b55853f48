// SPDX-License-Identifier: GPL-3.0-or-later
#include "load/state_storage.h"

#include <cstdint>

#include "tensor/cast.h"

namespace plimsoll {

std::vector<StorageId> storagesInUse(const ModuleTree& tree) {
    const TensorTable& tensors = tree.checkpoint().tensors;
    std::vector<bool> used(tensors.storages().size());
    for (const auto& slot : tree.slots()) used[tensors.storageId(slot.tensor).index()] = true;
    std::vector<StorageId> ids;
    for (std::uint32_t id = 0; id < used.size(); ++id)
        if (used[id]) ids.emplace_back(id);
    return ids;
}

namespace {

// The element type by which a big-endian storage is turned; an untyped one takes it from a tensor that views it.
DType elementType(const ModuleTree& tree, StorageId id) {
    const TensorTable& tensors = tree.checkpoint().tensors;
    for (const auto& slot : tree.slots())
        if (tensors.storageId(slot.tensor) == id) return tensors.dtype(slot.tensor);
    return tensors.storage(id).dtype;
}

}  // namespace

Result<StateDict> readStateDict(const LoadContext& context, const ModuleTree& tree, at::Device device) {
    TensorReader reader(context.checkpoint);
    StateDict state;
    for (const StorageId id : storagesInUse(tree)) {
        const Storage& storage = context.checkpoint->tensors.storage(id);
        const at::Tensor bytes = at::empty({static_cast<std::int64_t>(storage.bytes)}, at::kByte);
        TRY_VOID(reader.readStorage(id, 0, hostBytes(bytes)));
        if (storage.bigEndian) swapElementBytes(elementType(tree, id), hostBytes(bytes));
        state.emplace(id.index(), bytes.to(device));
    }
    return state;
}

at::Tensor tensorIn(const StateDict& state, const ModuleTree& tree, const ModuleTree::Slot& slot) {
    return viewOf(state.at(tree.checkpoint().tensors.storageId(slot.tensor).index()), tree, slot);
}

Result<at::Tensor> readTensor(TensorReader& reader, TensorId id, const ModuleTree::Slot& slot) {
    const at::Tensor tensor = at::empty(slot.sizes, at::TensorOptions().dtype(slot.stored));
    TRY_VOID(reader.readElements(id, 0, hostBytes(tensor)));
    return tensor;
}

std::span<std::byte> hostBytes(const at::Tensor& bytes) {
    return {static_cast<std::byte*>(bytes.mutable_data_ptr()), bytes.nbytes()};
}

at::Tensor viewOf(const at::Tensor& storageBytes, const ModuleTree& tree, const ModuleTree::Slot& slot) {
    const TensorTable& tensors = tree.checkpoint().tensors;
    const auto strides = tensors.stride(slot.tensor);
    at::Tensor view = at::empty({0}, storageBytes.options().dtype(slot.stored));
    view.set_(storageBytes.storage(), static_cast<std::int64_t>(tensors.storageOffsetElems(slot.tensor)), slot.sizes,
              at::IntArrayRef(strides.data(), strides.size()));
    // Lazy, as torch.load has them: the copy into the module makes the values.
    if (tensors.isConjugate(slot.tensor)) view = view.conj();
    if (tensors.isNegative(slot.tensor)) view = view._neg_view();
    return view;
}

}  // namespace plimsoll
