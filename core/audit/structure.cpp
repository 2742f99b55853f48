// SPDX-License-Identifier: GPL-3.0-or-later
#include "audit/structure.h"

#include <cstdint>

#include "base/limits.h"
#include "convert/selection.h"
#include "convert/value_walk.h"
#include "pickle/value_marks.h"

namespace plimsoll {

namespace {

bool isContainer(Value v) {
    return v.kind == ValueKind::Dict || v.kind == ValueKind::List || v.kind == ValueKind::Tuple ||
           v.kind == ValueKind::Object;
}

class StructureWalk {
public:
    StructureWalk(const Checkpoint& checkpoint, ContentStructure& found)
        : tree_(checkpoint.values), tensors_(checkpoint.tensors.size()), found_(found), seen_(tree_) {}

    void visit(Value v, const std::string& path, std::uint32_t depth) {
        if (!isContainer(v) || depth > limits::kNestingDepth) return;
        if (!seen_.insert(v)) return;
        if (v.kind == ValueKind::List || v.kind == ValueKind::Tuple) {
            std::size_t index = 0;
            for (const Value item : tree_.items(v)) {
                if (isContainer(item)) visit(item, joinPath(path, std::to_string(index)), depth + 1);
                ++index;
            }
            return;
        }
        if (tree_.find(v, "state") && tree_.find(v, "param_groups")) {
            found_.optimizers.push_back({path, v});
            return;
        }
        if (const auto pairs = mappingPairs(tree_, v)) visitPairs(*pairs, path, depth);
        if (v.kind != ValueKind::Object) return;
        for (const Value state : tree_.object(v).states)
            if (state.kind == ValueKind::Dict) visitState(state, path, depth);
    }

private:
    void visitPairs(ValuePairs pairs, const std::string& path, std::uint32_t depth) {
        for (const auto& [key, item] : pairs)
            if (isContainer(item)) visit(item, joinPath(path, keyText(tree_, key)), depth + 1);
    }

    // Attributes of an object; a module's own containers leave no trace in names.
    void visitState(Value state, const std::string& path, std::uint32_t depth) {
        const auto buffers = tree_.find(state, "_buffers");
        const auto modules = tree_.find(state, "_modules");
        if (!buffers || !modules) return visit(state, path, depth + 1);
        if (const auto pairs = mappingPairs(tree_, *buffers)) markBuffers(*pairs);
        if (const auto pairs = mappingPairs(tree_, *modules)) visitPairs(*pairs, path, depth + 1);
    }

    void markBuffers(ValuePairs pairs) {
        found_.inBuffers.resize(tensors_);
        for (const auto& [key, item] : pairs)
            if (item.kind == ValueKind::Tensor) found_.inBuffers[tree_.tensor(item).index()] = true;
    }

    const ValueTree& tree_;
    std::size_t tensors_;
    ContentStructure& found_;
    ValueMarks seen_;
};

}  // namespace

ContentStructure findStructure(const Checkpoint& checkpoint) {
    ContentStructure found;
    if (!hasValueGraph(checkpoint.format)) return found;
    StructureWalk(checkpoint, found).visit(checkpoint.values.root(), "", 0);
    if (const auto place = findStateDict(checkpoint)) found.stateDictPath = place->path;
    return found;
}

}  // namespace plimsoll
