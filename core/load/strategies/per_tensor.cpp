// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include "checkpoint/tensor_reader.h"
#include "formats/registry.h"
#include "lab/tensor_files.h"
#include "load/state_storage.h"
#include "load/strategy.h"
#include "load/torch_type.h"

namespace plimsoll {

namespace {

// Which row of its own file a row of a directory is: the parts of a sparse or quantized tensor are in one file.
TensorId rowInFile(const TensorTable& tensors, TensorId id) {
    const FileId file = tensors.storage(id).file;
    std::uint32_t first = id.value;
    while (first > 0 && tensors.storage(TensorId(first - 1)).file == file) --first;
    return TensorId(id.value - first);
}

// The slot's tensor from the file that holds it and, but for parts of the same tensor, nothing else.
Result<at::Tensor> loadFile(const LoadContext& context, const ModuleTree::Slot& slot) {
    const TensorTable& tensors = context.checkpoint->tensors;
    const Checkpoint& source = *context.checkpoint;
    const bool isDirectory = source.format == Format::Tensors;
    const std::string path = isDirectory ? source.files[tensors.storage(slot.tensor).file.index()].path
                                         : tensorFilePath(context.tensorFiles, tensors.name(slot.tensor));
    TRY(const auto file, openCheckpoint(path));
    const TensorId id = isDirectory ? rowInFile(tensors, slot.tensor) : TensorId(0);
    if (id.index() >= file->tensors.size() || (!isDirectory && file->tensors.size() != 1) ||
        torchType(file->tensors.dtype(id)) != slot.stored || file->tensors.nbytes(id) != tensors.nbytes(slot.tensor)) {
        return fail(Error{Errc::Corrupt, kNoOffset,
                          fmt::format("holds not the tensor '{}' as the checkpoint has it", tensors.name(slot.tensor)),
                          path});
    }
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
