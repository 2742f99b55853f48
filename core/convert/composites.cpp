// SPDX-License-Identifier: GPL-3.0-or-later
#include "convert/composites.h"

#include <algorithm>
#include <array>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>

#include "base/rename.h"
#include "convert/refusals.h"

namespace plimsoll {

namespace {

// torch's functions that wrap one plain tensor without changing what its elements mean.
constexpr std::array<std::string_view, 3> kWrappers = {"_rebuild_from_type_v2", "_rebuild_parameter",
                                                       "_rebuild_parameter_with_state"};

// What a parameter holds; any other value itself.
Value unwrapped(const ValueTree& tree, Value v) noexcept {
    if (v.kind != ValueKind::Object) return v;
    const auto& object = tree.object(v);
    const bool isParameter = tree.isGlobal(object.callable, "torch._utils", "_rebuild_parameter") ||
                             tree.isGlobal(object.callable, "torch._utils", "_rebuild_parameter_with_state");
    if (!isParameter || object.args.kind != ValueKind::Tuple) return v;
    const auto args = tree.items(object.args);
    return args.empty() ? v : args.front();
}

class NamedComposites final : public ContentVisitor {
public:
    explicit NamedComposites(const ValueTree& tree) : tree_(tree) {}

    void tensor(const std::string&, TensorId) override {}
    void leaf(const std::string& path, Value v) override {
        if (makesComposite(tree_, v)) found.push_back({path, v, {}, {}});
    }

    std::vector<Composite> found;

private:
    const ValueTree& tree_;
};

// Rows of the table by the storage that they lie in, for some storages.
class RowsOfStorages {
public:
    RowsOfStorages(const TensorTable& table, const std::vector<Composite>& composites) : table_(table) {
        for (const auto& composite : composites) {
            for (const auto id : composite.inside.storages) rows_[id.value];
            for (const auto id : composite.inside.tensors)
                if (table.storageId(id).valid()) rows_[table.storageId(id).value];
        }
        for (std::uint32_t row = 0; row < table.size(); ++row)
            if (const auto found = rows_.find(table.storageId(TensorId(row)).value); found != rows_.end())
                found->second.push_back(TensorId(row));
    }

    // Parts of a composite; by their names where others may share the storage.
    [[nodiscard]] std::vector<TensorId> of(const Composite& composite, const std::string& path) const {
        auto rows = composite.inside.tensors;
        const auto add = [&](StorageId storage) {
            const auto found = rows_.find(storage.value);
            if (found == rows_.end()) return;
            for (const auto row : found->second)
                if (path.empty() || isBelow(table_.name(row), path)) rows.push_back(row);
        };
        for (const auto id : composite.inside.storages) add(id);
        for (const auto id : composite.inside.tensors) add(table_.storageId(id));
        std::ranges::sort(rows, {}, &TensorId::value);
        rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
        return rows;
    }

private:
    static bool isBelow(std::string_view name, std::string_view path) {
        return name.starts_with(path) && (name.size() == path.size() || name[path.size()] == '.');
    }

    const TensorTable& table_;
    std::unordered_map<std::uint32_t, std::vector<TensorId>> rows_;
};

std::string whyNot(const ValueTree& tree, const Composite& composite) {
    const Value callable = tree.object(unwrapped(tree, composite.object)).callable;
    return fmt::format("a tensor that {}.{} makes, which a flat dictionary of plain tensors cannot hold",
                       tree.globalModule(callable), tree.globalName(callable));
}

Result<void> refuse(const Checkpoint& source, const std::vector<Composite>& composites, const Selection& selection) {
    Refusals refusals;
    for (const auto& composite : composites) {
        for (const auto row : composite.rows) {
            if (!selection.kept[row.index()]) continue;
            const auto name = source.tensors.name(row);
            TRY_VOID(refusals.add({Errc::Unsupported,
                                   kNoOffset,
                                   fmt::format("tensor '{}' is part of {}", name, whyNot(source.values, composite)),
                                   {}},
                                  name));
        }
    }
    return refusals.result();
}

}  // namespace

bool makesComposite(const ValueTree& tree, Value v) noexcept {
    v = unwrapped(tree, v);
    if (v.kind != ValueKind::Object || makesDenseTensor(tree, v)) return false;
    const Value callable = tree.object(v).callable;
    if (callable.kind != ValueKind::Global) return false;
    const auto name = tree.globalName(callable);
    return tree.globalModule(callable).starts_with("torch") && name.starts_with("_rebuild") &&
           std::ranges::find(kWrappers, name) == kWrappers.end();
}

std::vector<Composite> compositesBelow(const Checkpoint& source, Value root, const std::string& rootPath) {
    const auto& tree = source.values;
    std::vector<Value> objects = objectsBelow(tree, root);
    std::erase_if(objects, [&](Value v) { return !makesComposite(tree, v); });
    if (objects.empty()) return {};
    NamedComposites named(tree);
    walkContent(tree, root, "", named);
    auto& found = named.found;
    std::unordered_set<std::uint64_t> known;
    for (const auto& composite : found) known.insert(ValueTree::identity(unwrapped(tree, composite.object)));
    for (const Value object : objects)
        if (known.insert(ValueTree::identity(unwrapped(tree, object))).second) found.push_back({{}, object, {}, {}});
    for (auto& composite : found) composite.inside = reachedFrom(tree, tree.object(composite.object).args);
    const RowsOfStorages rows(source.tensors, found);
    for (auto& composite : found)
        composite.rows =
            rows.of(composite, composite.name.empty() ? std::string() : joinPath(rootPath, composite.name));
    return std::move(found);
}

Result<std::vector<Composite>> takeComposites(const Checkpoint& source, const Recipe& recipe, Selection& selection,
                                              bool canHold) {
    std::vector<Composite> held;
    if (!hasValueGraph(source.format)) return held;
    auto composites = compositesBelow(source, selection.root, selection.rootPath);
    if (composites.empty()) return held;
    const auto isKept = [&](TensorId row) { return selection.kept[row.index()]; };
    std::vector<bool> isPart(source.tensors.size(), false);
    std::vector<std::string> dropped;
    std::vector<Composite> left;
    for (auto& composite : composites) {
        for (const auto row : composite.rows) isPart[row.index()] = true;
        if (std::ranges::none_of(composite.rows, isKept)) continue;
        if (canHold && !composite.name.empty() && std::ranges::all_of(composite.rows, isKept)) {
            composite.name = renamed(composite.name, recipe.renames);
            held.push_back(std::move(composite));
            continue;
        }
        const auto name = composite.name.empty() ? std::string(source.tensors.name(composite.rows.front()))
                                                 : joinPath(selection.rootPath, composite.name);
        dropped.push_back(fmt::format("{}: {}", name, whyNot(source.values, composite)));
        left.push_back(std::move(composite));
    }
    std::erase_if(selection.picks, [&](const Selection::Pick& pick) { return isPart[pick.id.index()]; });
    if (selection.picks.empty() && held.empty()) TRY_VOID(refuse(source, left, selection));
    selection.dropped.insert(selection.dropped.end(), dropped.begin(), dropped.end());
    return held;
}

}  // namespace plimsoll
