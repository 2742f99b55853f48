// SPDX-License-Identifier: GPL-3.0-or-later
#include "load/mapped_state.h"
#include "load/strategy.h"

namespace plimsoll {

Result<ModuleTree> loadMmapProcess(const LoadContext& context) {
    context.reporter.phase("build");
    TRY(ModuleTree tree, ModuleTree::build(context.checkpoint, ModuleTree::Memory::Meta, context.dtype));

    // The tensor that takes a mapped one's place in the dict is the one that the module gets.
    context.reporter.phase("process");
    MappedState state(context, at::kCPU);
    for (std::size_t slot = 0; slot < tree.slots().size(); ++slot) {
        TRY(const auto mapped, state.tensorOf(tree, tree.slots()[slot]));
        tree.assign(slot, mapped.to(tree.slots()[slot].type).to(context.device));
    }
    state.noteCopies();
    return tree;
}

}  // namespace plimsoll
