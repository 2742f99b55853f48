// SPDX-License-Identifier: GPL-3.0-or-later
#include "load/mapped_state.h"
#include "load/strategy.h"

namespace plimsoll {

Result<ModuleTree> loadMmapAssign(const LoadContext& context) {
    context.reporter.phase("build");
    TRY(ModuleTree tree, ModuleTree::build(context.checkpoint, ModuleTree::Memory::Meta));

    context.reporter.phase("assign");
    MappedState state(context, context.device);
    for (std::size_t slot = 0; slot < tree.slots().size(); ++slot) {
        TRY(const auto tensor, state.tensorOf(tree, tree.slots()[slot]));
        tree.assign(slot, tensor);
    }
    state.noteCopies();
    return tree;
}

}  // namespace plimsoll
