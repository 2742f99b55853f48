// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include "checkpoint/tensor_reader.h"
#include "formats/registry.h"
#include "lab/tensor_files.h"
#include "load/state_storage.h"
#include "load/strategy.h"

namespace plimsoll {

namespace {

// The one tensor of the file that holds this slot's.
Result<at::Tensor> loadFile(const LoadContext& context, const ModuleTree::Slot& slot) {
    const TensorTable& tensors = context.checkpoint->tensors;
    const Checkpoint& source = *context.checkpoint;
    const std::string path = source.format == Format::Tensors
                                 ? source.files[tensors.storage(slot.tensor).file.index()].path
                                 : tensorFilePath(context.tensorFiles, tensors.name(slot.tensor));
    TRY(const auto file, openCheckpoint(path));
    const TensorId id(0);
    if (file->tensors.size() != 1 || file->tensors.dtype(id) != tensors.dtype(slot.tensor) ||
        file->tensors.nbytes(id) != tensors.nbytes(slot.tensor))
        return fail(Error{
            Errc::Corrupt, kNoOffset,
            fmt::format("holds not just the tensor '{}' as the checkpoint has it", tensors.name(slot.tensor)), path});
    TensorReader reader(file);
    return readTensor(reader, id, slot);
}

}  // namespace

Result<ModuleTree> loadPerTensor(const LoadContext& context) {
    if (context.tensorFiles.empty()) return fail(Errc::Usage, "per-tensor needs a directory with one file per tensor");
    context.reporter.phase("build");
    TRY(ModuleTree tree, ModuleTree::build(context.checkpoint, ModuleTree::Memory::Meta));
    context.reporter.phase("allocate");
    tree.toEmpty(context.device);

    context.reporter.phase("read");
    for (const auto& slot : tree.slots()) {
        TRY(const auto tensor, loadFile(context, slot));
        slot.value.detach().copy_(tensor);
    }
    return tree;
}

}  // namespace plimsoll
