// SPDX-License-Identifier: GPL-3.0-or-later
#include "load/state_storage.h"
#include "load/strategy.h"

namespace plimsoll {

Result<ModuleTree> loadMeta(const LoadContext& context) {
    context.reporter.phase("build");
    TRY(ModuleTree tree, ModuleTree::build(context.checkpoint, ModuleTree::Memory::Meta));
    context.reporter.phase("allocate");
    tree.toEmpty(context.device);

    context.reporter.phase("read");
    TRY(const StateDict state, readStateDict(context, tree, context.device));

    context.reporter.phase("copy");
    for (const auto& slot : tree.slots()) slot.value.detach().copy_(tensorIn(state, tree, slot));
    return tree;
}

}  // namespace plimsoll
