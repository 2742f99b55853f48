// SPDX-License-Identifier: GPL-3.0-or-later
#include "checkpoint/tensor_reader.h"
#include "load/state_storage.h"
#include "load/strategy.h"

namespace plimsoll {

namespace {

// Stands for a tensor of the file; its bytes are read when they are asked for, and each time anew.
class Proxy {
public:
    Proxy(TensorReader& reader, const ModuleTree::Slot& slot) : reader_(reader), slot_(slot) {}

    [[nodiscard]] Result<at::Tensor> load() const { return readTensor(reader_, slot_.tensor, slot_); }

private:
    TensorReader& reader_;
    const ModuleTree::Slot& slot_;
};

}  // namespace

Result<ModuleTree> loadLazy(const LoadContext& context) {
    context.reporter.phase("build");
    TRY(ModuleTree tree, ModuleTree::build(context.checkpoint, ModuleTree::Memory::Meta, context.dtype));
    context.reporter.phase("allocate");
    tree.toEmpty(context.device);

    context.reporter.phase("convert");
    TensorReader reader(context.checkpoint);
    for (const auto& slot : tree.slots()) {
        TRY(at::Tensor tensor, Proxy(reader, slot).load());
        tensor = tensor.to(slot.type);  // what was read is freed here
        slot.value.detach().copy_(tensor);
    }
    return tree;
}

}  // namespace plimsoll
