// SPDX-License-Identifier: GPL-3.0-or-later
#include "convert/flat_content.h"

#include <algorithm>
#include <array>
#include <limits>
#include <string_view>

#include <fmt/format.h>
#include <simdjson.h>

#include "convert/refusals.h"
#include "convert/value_walk.h"

namespace plimsoll {

namespace {

constexpr std::size_t kShownChars = 80;

// torch's functions that wrap one plain tensor without changing what its elements mean.
constexpr std::array<std::string_view, 3> kWrappers = {"_rebuild_from_type_v2", "_rebuild_parameter",
                                                       "_rebuild_parameter_with_state"};

bool isUtf8(std::string_view text) {
    return simdjson::validate_utf8(text.data(), text.size());
}

class Flattening final : public ContentVisitor {
public:
    explicit Flattening(const ValueTree& tree) : tree_(tree) {}

    void tensor(const std::string&, TensorId) override {}

    void leaf(const std::string& path, Value v) override {
        if (isUtf8(path) && (isNumber(v.kind) || isText(v))) {
            content.metadata.emplace(path, isNumber(v.kind) ? repr(tree_, v, std::numeric_limits<std::size_t>::max())
                                                            : std::string(tree_.text(v)));
            return;
        }
        if (!makesDenseTensor(tree_, v))
            content.dropped.push_back(fmt::format("{}: {}", path, repr(tree_, v, kShownChars)));
    }

    FlatContent content;

private:
    static bool isNumber(ValueKind kind) {
        return kind == ValueKind::Bool || kind == ValueKind::Int || kind == ValueKind::BigInt ||
               kind == ValueKind::Float;
    }
    bool isText(Value v) const {
        return (v.kind == ValueKind::String || v.kind == ValueKind::ByteString) && isUtf8(tree_.text(v));
    }

    const ValueTree& tree_;
};

bool buildsTensor(const ValueTree& tree, const ObjectParts& parts) {
    if (parts.callable.kind != ValueKind::Global) return false;
    const auto name = tree.globalName(parts.callable);
    return tree.globalModule(parts.callable).starts_with("torch") && name.starts_with("_rebuild") &&
           std::ranges::find(kWrappers, name) == kWrappers.end();
}

// A sparse tensor's parts are rows of the table like any other; on their own they would no longer be that tensor.
Result<void> refuseComposites(const Checkpoint& source, const Selection& selection) {
    const auto& tree = source.values;
    Refusals refusals;
    std::vector<bool> storageKept(source.tensors.storages().size(), false);
    for (const auto& pick : selection.picks)
        if (const auto id = source.tensors.storageId(pick.id); id.valid()) storageKept[id.index()] = true;
    for (const Value object : objectsBelow(tree, selection.root)) {
        const auto& parts = tree.object(object);
        if (!buildsTensor(tree, parts) || makesDenseTensor(tree, object)) continue;
        const auto inside = reachedFrom(tree, parts.args);
        const auto what = fmt::format("{}.{}", tree.globalModule(parts.callable), tree.globalName(parts.callable));
        for (const auto id : inside.tensors)
            if (selection.kept[id.index()])
                TRY_VOID(refusals.add({Errc::Unsupported,
                                       kNoOffset,
                                       fmt::format("tensor '{}' is part of a tensor that {} makes, which a "
                                                   "flat dictionary of plain tensors cannot hold",
                                                   source.tensors.name(id), what),
                                       {}},
                                      source.tensors.name(id)));
        for (const auto id : inside.storages) {
            if (!storageKept[id.index()]) continue;
            const auto pick = std::ranges::find(
                selection.picks, id, [&](const Selection::Pick& p) { return source.tensors.storageId(p.id); });
            TRY_VOID(refusals.add({Errc::Unsupported,
                                   kNoOffset,
                                   fmt::format("tensor '{}' is more than its elements (torch calls {}, as for a "
                                               "quantized one), which a flat dictionary of plain tensors cannot hold",
                                               pick->name, what),
                                   {}},
                                  pick->name));
        }
    }
    return refusals.result();
}

}  // namespace

Result<FlatContent> flattenContent(const Checkpoint& source, const Selection& selection) {
    if (hasValueGraph(source.format)) TRY_VOID(refuseComposites(source, selection));
    Flattening flattening(source.values);
    const auto pairs = mappingPairs(source.values, selection.root);
    if (source.format == Format::Gguf && pairs)  // an array of 100,000 tokens is one thing
        for (const auto& [key, value] : *pairs) flattening.leaf(keyText(source.values, key), value);
    else
        walkContent(source.values, selection.root, "", flattening);
    // An index counts the bytes of its own shards.
    if (!source.indexPath.empty()) flattening.content.metadata.erase("total_size");
    return std::move(flattening.content);
}

}  // namespace plimsoll
