// SPDX-License-Identifier: GPL-3.0-or-later
#include <unordered_map>
#include <utility>
#include <vector>

#include "checkpoint/tensor_reader.h"
#include "load/state_storage.h"
#include "load/strategy.h"
#include "tensor/cast.h"

namespace plimsoll {

namespace {

// What torch.load(map_location=device) holds: the bytes of every storage, on the device, in this machine's byte order.
using StateDict = std::unordered_map<std::uint32_t, at::Tensor>;

// The element type by which a big-endian storage is turned; an untyped one takes it from a tensor that views it.
DType elementType(const ModuleTree& tree, StorageId id) {
    const TensorTable& tensors = tree.checkpoint().tensors;
    for (const auto& slot : tree.slots())
        if (tensors.storageId(slot.tensor) == id) return tensors.dtype(slot.tensor);
    return tensors.storage(id).dtype;
}

Result<StateDict> readStateDict(const LoadContext& context, const ModuleTree& tree) {
    TensorReader reader(context.checkpoint);
    StateDict state;
    for (const StorageId id : storagesInUse(tree)) {
        const Storage& storage = context.checkpoint->tensors.storage(id);
        const at::Tensor bytes = at::empty({static_cast<std::int64_t>(storage.bytes)}, at::kByte);
        TRY_VOID(reader.readStorage(id, 0, hostBytes(bytes)));
        if (storage.bigEndian) swapElementBytes(elementType(tree, id), hostBytes(bytes));
        state.emplace(id.index(), bytes.to(context.device));
    }
    return state;
}

}  // namespace

Result<ModuleTree> loadBaseline(const LoadContext& context) {
    context.reporter.phase("build");
    TRY(ModuleTree tree, ModuleTree::build(context.checkpoint, ModuleTree::Memory::Initialised));
    if (!context.device.is_cpu()) context.reporter.phase("move");
    tree.to(context.device);

    context.reporter.phase("read");
    TRY(const StateDict state, readStateDict(context, tree));

    context.reporter.phase("copy");
    for (const auto& slot : tree.slots()) {
        const StorageId id = context.checkpoint->tensors.storageId(slot.tensor);
        slot.value.detach().copy_(viewOf(state.at(id.index()), tree, slot));
    }
    return tree;
}

}  // namespace plimsoll
