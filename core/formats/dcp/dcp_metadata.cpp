// SPDX-License-Identifier: GPL-3.0-or-later
#include "formats/dcp/dcp_metadata.h"

#include <algorithm>

#include <fmt/format.h>

#include "checkpoint/words.h"
#include "formats/file_name.h"
#include "formats/torch_pickle/plain_pickle.h"
#include "formats/torch_pickle/storage_type.h"
#include "formats/torch_pickle/tensor_call.h"

namespace plimsoll {

namespace {

bool isText(Value v) {
    return v.kind == ValueKind::String || v.kind == ValueKind::ByteString;
}

// The class's module moved between torch 1.12 and 2.0; all are below torch.distributed.
bool isInstance(const ValueTree& tree, Value v, std::string_view className) {
    if (v.kind != ValueKind::Object) return false;
    const Value callable = tree.object(v).callable;
    return callable.kind == ValueKind::Global && tree.globalName(callable) == className &&
           tree.globalModule(callable).starts_with("torch.distributed.");
}

tl::unexpected<Error> unexpectedValue(const ValueTree& tree, std::string_view what, std::optional<Value> found,
                                      std::string_view expected) {
    return fail(Errc::Corrupt,
                fmt::format("{} is {} (expected {})", what, found ? repr(tree, *found) : "missing", expected));
}

Result<std::vector<std::uint64_t>> sizes(const ValueTree& tree, std::string_view what, std::optional<Value> value) {
    const auto dims = value ? dimensionsOf(tree, *value) : std::nullopt;
    if (!dims) return unexpectedValue(tree, what, value, "a torch.Size");
    std::vector<std::uint64_t> result;
    for (const Value dim : *dims) {
        const auto number = naturalNumber(tree, dim);
        if (!number) return unexpectedValue(tree, what, value, "numbers from 0 on");
        result.push_back(*number);
    }
    return result;
}

std::string placeKey(std::string_view name, std::span<const std::uint64_t> start) {
    std::string key(name);
    for (const auto index : start) {
        key += '\0';
        key += fmt::format_int(index).str();
    }
    return key;
}

// Registered transforms of a file's bytes, as their descriptors are written.
std::string transformsOf(const ValueTree& tree, std::optional<Value> value) {
    if (!value || value->kind == ValueKind::None) return {};
    const bool isSequence = value->kind == ValueKind::List || value->kind == ValueKind::Tuple;
    if (isSequence && tree.items(*value).empty()) return {};
    return repr(tree, *value);
}

}  // namespace

Result<DcpMetadata> DcpMetadata::open(const ValueTree& tree, Value root) {
    if (!isInstance(tree, root, "Metadata"))
        return unexpectedValue(tree, "the pickled object", root, "a torch.distributed.checkpoint Metadata");
    DcpMetadata metadata(tree);
    const auto entries = attributeOf(tree, root, "state_dict_metadata");
    if (!entries || entries->kind != ValueKind::Dict)
        return unexpectedValue(tree, "state_dict_metadata", entries, "a dict");
    metadata.entries_ = tree.pairs(*entries);
    const auto places = attributeOf(tree, root, "storage_data");
    if (!places || places->kind != ValueKind::Dict) return unexpectedValue(tree, "storage_data", places, "a dict");
    TRY_VOID(metadata.readPlaces(*places));
    if (const auto paths = attributeOf(tree, root, "planner_data")) metadata.readPaths(*paths);
    return metadata;
}

Result<void> DcpMetadata::readPlaces(Value storageData) {
    for (const auto& [index, info] : tree_->pairs(storageData)) {
        const auto name = attributeOf(*tree_, index, "fqn");
        if (!name || !isText(*name)) return unexpectedValue(*tree_, "a key of storage_data", index, "a MetadataIndex");
        const std::string text(tree_->text(*name));
        std::vector<std::uint64_t> start;
        const auto offset = attributeOf(*tree_, index, "offset");
        if (offset && offset->kind != ValueKind::None) {
            TRY(start, sizes(*tree_, fmt::format("the offset of {}", inQuotes(text)), offset));
        }
        const auto path = attributeOf(*tree_, info, "relative_path");
        if (!path || !isText(*path) || !isPlainFileName(tree_->text(*path)))
            return unexpectedValue(*tree_, fmt::format("the relative_path of {}", inQuotes(text)), path,
                                   "the name of a file in the directory");
        const auto at = attributeOf(*tree_, info, "offset");
        const auto bytes = attributeOf(*tree_, info, "length");
        const auto atNumber = at ? naturalNumber(*tree_, *at) : std::nullopt;
        const auto bytesNumber = bytes ? naturalNumber(*tree_, *bytes) : std::nullopt;
        if (!atNumber || !bytesNumber)
            return unexpectedValue(*tree_, fmt::format("the place of {}", inQuotes(text)), info,
                                   "an offset and a length from 0 on");
        places_.insert_or_assign(placeKey(text, start),
                                 DcpPlace{tree_->text(*path), *atNumber, *bytesNumber,
                                          transformsOf(*tree_, attributeOf(*tree_, info, "transform_descriptors"))});
    }
    return {};
}

void DcpMetadata::readPaths(Value plannerData) {
    if (plannerData.kind != ValueKind::Dict) return;
    for (const auto& [name, path] : tree_->pairs(plannerData)) {
        if (!isText(name) || path.kind != ValueKind::Tuple) continue;
        const auto keys = tree_->items(path);
        const auto isKey = [](Value key) { return isText(key) || key.kind == ValueKind::Int; };
        if (std::all_of(keys.begin(), keys.end(), isKey)) paths_.insert_or_assign(tree_->text(name), keys);
    }
}

Result<DcpItem::Chunk> DcpMetadata::chunk(std::string_view name, Value value) const {
    DcpItem::Chunk result;
    const std::string what = fmt::format("a chunk of tensor {}", inQuotes(name));
    TRY(result.start, sizes(*tree_, what, attributeOf(*tree_, value, "offsets")));
    TRY(result.shape, sizes(*tree_, what, attributeOf(*tree_, value, "sizes")));
    return result;
}

Result<DcpItem> DcpMetadata::item(std::size_t index) const {
    const auto& [key, value] = entries_[index];
    if (!isText(key)) return unexpectedValue(*tree_, "a key of state_dict_metadata", key, "a text");
    DcpItem item;
    item.name = tree_->text(key);
    const std::string what = fmt::format("the entry {}", inQuotes(item.name));
    item.isTensor = isInstance(*tree_, value, "TensorStorageMetadata");
    if (!item.isTensor) {
        if (isInstance(*tree_, value, "BytesStorageMetadata")) return item;
        return unexpectedValue(*tree_, what, value, "TensorStorageMetadata or BytesStorageMetadata");
    }
    TRY(item.shape, sizes(*tree_, "the size of " + what, attributeOf(*tree_, value, "size")));
    // Its __getstate__ is the tuple (dtype, layout, requires_grad, memory format, pin_memory).
    const auto properties = attributeOf(*tree_, value, "properties");
    std::span<const Value> state;
    if (properties && properties->kind == ValueKind::Object)
        for (const Value built : tree_->object(*properties).states)
            if (built.kind == ValueKind::Tuple) state = tree_->items(built);
    const auto dtype = state.empty() ? std::nullopt : dtypeOfGlobal(*tree_, state[0]);
    if (!dtype) return unexpectedValue(*tree_, "the dtype of " + what, properties, "one such as torch.float32");
    item.dtype = *dtype;
    item.requiresGrad = state.size() > 2 && state[2] == ValueTree::boolean(true);
    const auto chunks = attributeOf(*tree_, value, "chunks");
    if (!chunks || chunks->kind != ValueKind::List)
        return unexpectedValue(*tree_, "the chunks of " + what, chunks, "a list");
    for (const Value part : tree_->items(*chunks)) {
        TRY(auto box, chunk(item.name, part));
        item.chunks.push_back(std::move(box));
    }
    return item;
}

const DcpPlace* DcpMetadata::place(std::string_view name, std::span<const std::uint64_t> start) const {
    const auto found = places_.find(placeKey(name, start));
    return found == places_.end() ? nullptr : &found->second;
}

std::set<std::string_view> DcpMetadata::files() const {
    std::set<std::string_view> names;
    for (const auto& [key, place] : places_) names.insert(place.path);
    return names;
}

std::span<const Value> DcpMetadata::path(std::string_view name) const {
    const auto found = paths_.find(name);
    return found == paths_.end() ? std::span<const Value>() : found->second;
}

}  // namespace plimsoll
