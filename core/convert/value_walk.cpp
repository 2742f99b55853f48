// SPDX-License-Identifier: GPL-3.0-or-later
#include "convert/value_walk.h"

#include <algorithm>
#include <cstdint>
#include <limits>

#include <fmt/format.h>

#include "pickle/scanner.h"
#include "pickle/value_marks.h"

namespace plimsoll {

namespace {

bool isContainer(ValueKind kind) noexcept {
    switch (kind) {
        case ValueKind::Tuple:
        case ValueKind::List:
        case ValueKind::Set:
        case ValueKind::FrozenSet:
        case ValueKind::Dict:
        case ValueKind::Object:
            return true;
        default:
            return false;
    }
}

class ContentWalk {
public:
    ContentWalk(const ValueTree& tree, ContentVisitor& visitor) : tree_(tree), visitor_(visitor), visited_(tree) {}

    void visit(Value v, const std::string& path) {
        if (v.kind == ValueKind::Tensor) return visitor_.tensor(path, tree_.tensor(v));
        if (const auto pairs = mappingPairs(tree_, v)) {
            if (!visited_.insert(v)) return;
            for (const auto& [key, item] : *pairs) visit(item, joinPath(path, keyText(tree_, key)));
            if (v.kind == ValueKind::Object)
                for (const Value state : tree_.object(v).states) visitor_.leaf(joinPath(path, "(attributes)"), state);
            return;
        }
        if (v.kind == ValueKind::List || v.kind == ValueKind::Tuple) {
            if (!visited_.insert(v)) return;
            std::size_t index = 0;
            for (const Value item : tree_.items(v)) visit(item, joinPath(path, std::to_string(index++)));
            return;
        }
        visitor_.leaf(path, v);
    }

private:
    const ValueTree& tree_;
    ContentVisitor& visitor_;
    ValueMarks visited_;
};

class ReachWalk {
public:
    explicit ReachWalk(const ValueTree& tree) : tree_(tree), visited_(tree) {}

    void visit(Value v) {
        if (v.kind == ValueKind::Tensor) {
            if (isNew(tensors_, tree_.tensor(v).value)) reached.tensors.push_back(tree_.tensor(v));
        } else if (v.kind == ValueKind::Storage) {
            if (isNew(storages_, tree_.storage(v).value)) reached.storages.push_back(tree_.storage(v));
        } else if (v.kind == ValueKind::Global) {
            if (isNew(globals_, ValueTree::identity(v))) globals.push_back(v);
        } else if (v.kind == ValueKind::Persistent) {
            visit(tree_.persistentId(v));
        } else if (isContainer(v.kind)) {
            if (visited_.insert(v)) visitInside(v);
        }
    }

    Reached reached;
    std::vector<Value> objects;
    std::vector<Value> globals;

private:
    // Marks a number: true where it was not.
    static bool isNew(std::vector<bool>& marks, std::size_t number) {
        if (number >= marks.size()) marks.resize(std::max(number + 1, 2 * marks.size()));
        if (marks[number]) return false;
        marks[number] = true;
        return true;
    }

    void visitInside(Value v) {
        if (v.kind == ValueKind::Dict) return visitPairs(tree_.pairs(v));
        if (v.kind != ValueKind::Object) {
            for (const Value item : tree_.items(v)) visit(item);
            return;
        }
        objects.push_back(v);
        const ObjectParts& parts = tree_.object(v);
        visit(parts.callable);
        visit(parts.args);
        visit(parts.kwargs);
        for (const Value item : parts.appended) visit(item);
        visitPairs(parts.items);
        for (const Value state : parts.states) visit(state);
    }
    void visitPairs(ValuePairs pairs) {
        for (const auto& [key, item] : pairs) {
            visit(key);
            visit(item);
        }
    }

    const ValueTree& tree_;
    ValueMarks visited_;
    std::vector<bool> tensors_;  // by row
    std::vector<bool> storages_;
    std::vector<bool> globals_;
};

}  // namespace

std::optional<ValuePairs> mappingPairs(const ValueTree& tree, Value v) noexcept {
    if (v.kind == ValueKind::Dict) return tree.pairs(v);
    if (v.kind != ValueKind::Object) return std::nullopt;
    const ObjectParts& parts = tree.object(v);
    if (!parts.items.empty()) return parts.items;
    const bool emptyDict = tree.isGlobal(parts.callable, "collections", "OrderedDict") ||
                           tree.isGlobal(parts.callable, "collections", "defaultdict");
    // Python 2 gave an OrderedDict its items as an argument: not ours to take apart.
    const bool noItemsInArgs = parts.args.kind == ValueKind::Tuple && parts.args.length <= 1 &&
                               (parts.args.length == 0 || tree.items(parts.args)[0].kind == ValueKind::Global);
    if (emptyDict && noItemsInArgs) return ValuePairs{};
    return std::nullopt;
}

bool makesDenseTensor(const ValueTree& tree, Value v) noexcept {
    if (v.kind != ValueKind::Object) return false;
    const Value callable = tree.object(v).callable;
    return tree.isGlobal(callable, "torch._utils", "_rebuild_tensor_v2") ||
           tree.isGlobal(callable, "torch._utils", "_rebuild_tensor_v3");
}

std::string keyText(const ValueTree& tree, Value key) {
    switch (key.kind) {
        case ValueKind::String:
        case ValueKind::ByteString:
            return std::string(tree.text(key));
        case ValueKind::Int:
            return std::to_string(tree.asInt(key));
        default:
            return repr(tree, key, std::numeric_limits<std::size_t>::max());
    }
}

std::string joinPath(const std::string& path, const std::string& key) {
    return path.empty() ? key : path + "." + key;
}

void walkContent(const ValueTree& tree, Value v, const std::string& path, ContentVisitor& visitor) {
    ContentWalk(tree, visitor).visit(v, path);
}

Reached reachedFrom(const ValueTree& tree, Value v) {
    ReachWalk walk(tree);
    walk.visit(v);
    return std::move(walk.reached);
}

std::vector<Value> objectsBelow(const ValueTree& tree, Value v) {
    ReachWalk walk(tree);
    walk.visit(v);
    return std::move(walk.objects);
}

std::vector<Value> globalsBelow(const ValueTree& tree, Value v) {
    ReachWalk walk(tree);
    walk.visit(v);
    return std::move(walk.globals);
}

std::vector<std::string> dangersBelow(const ValueTree& tree, Value v) {
    std::vector<std::string> notes;
    for (const auto& global : globalsBelow(tree, v)) {
        std::string reason;
        const auto module = tree.globalModule(global);
        const auto name = tree.globalName(global);
        if (judgeGlobal(module, name, &reason) == Verdict::Dangerous)
            notes.push_back(fmt::format("DANGEROUS and kept: the pickle names {}.{}: {}", module, name, reason));
    }
    return notes;
}

}  // namespace plimsoll
