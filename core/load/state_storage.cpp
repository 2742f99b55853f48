// SPDX-License-Identifier: GPL-3.0-or-later
#include "load/state_storage.h"

#include <cstdint>

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

std::span<std::byte> hostBytes(const at::Tensor& bytes) {
    return {static_cast<std::byte*>(bytes.mutable_data_ptr()), bytes.nbytes()};
}

at::Tensor viewOf(const at::Tensor& storageBytes, const ModuleTree& tree, const ModuleTree::Slot& slot) {
    const TensorTable& tensors = tree.checkpoint().tensors;
    const auto strides = tensors.stride(slot.tensor);
    at::Tensor view = at::empty({0}, storageBytes.options().dtype(slot.type));
    view.set_(storageBytes.storage(), static_cast<std::int64_t>(tensors.storageOffsetElems(slot.tensor)), slot.sizes,
              at::IntArrayRef(strides.data(), strides.size()));
    return view;
}

}  // namespace plimsoll
