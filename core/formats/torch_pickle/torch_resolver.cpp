// SPDX-License-Identifier: GPL-3.0-or-later
#include "formats/torch_pickle/torch_resolver.h"

#include <algorithm>
#include <array>
#include <span>

#include <fmt/format.h>

#include "base/checked.h"
#include "formats/torch_pickle/storage_type.h"

namespace plimsoll {

namespace {

bool isText(Value v) {
    return v.kind == ValueKind::String || v.kind == ValueKind::ByteString || v.kind == ValueKind::Bytes;
}

tl::unexpected<Error> badId(const ValueTree& tree, Value id, std::string_view expected) {
    return fail(Errc::Corrupt, fmt::format("persistent id {} (expected {})", repr(tree, id), expected));
}

// (key of the view, offset, count), or None.
Result<std::optional<StorageRequest::View>> viewOf(const ValueTree& tree, Value id, Value metadata,
                                                   std::uint64_t count) {
    if (metadata.kind == ValueKind::None) return std::nullopt;
    const auto items = metadata.kind == ValueKind::Tuple ? tree.items(metadata) : std::span<const Value>();
    if (items.size() != 3) return badId(tree, id, "view metadata of a key, an offset and a size");
    const auto offset = naturalNumber(tree, items[1]);
    const auto size = naturalNumber(tree, items[2]);
    if (!offset || !size || !fitsWithin(*offset, *size, count))
        return badId(tree, id, fmt::format("a view within {} elements", count));
    return StorageRequest::View{*offset, *size};
}

}  // namespace

std::optional<DType> TorchResolver::elementType(const ValueTree& tree, Value type) {
    if (!(type == lastType_)) {
        lastElement_ = storageElementType(tree, type);
        lastType_ = type;
    }
    return lastElement_;
}

TensorCall TorchResolver::callOf(const ValueTree& tree, Value callable) {
    if (!(callable == lastCallable_)) {
        lastCall_ = tensorCallOf(tree, callable);
        lastCallable_ = callable;
    }
    return lastCall_;
}

bool TorchResolver::isStorageTag(const ValueTree& tree, Value tag) {
    if (isText(tag) && tag == storageTag_) return true;
    if (!isText(tag) || tree.text(tag) != "storage") return false;
    storageTag_ = tag;
    return true;
}

std::uint16_t TorchResolver::locationOf(const ValueTree& tree, Value location) {
    if (!isText(location)) return 0;
    if (!(location == lastLocation_)) {
        lastLocationIndex_ = table_.addLocation(tree.text(location));
        lastLocation_ = location;
    }
    return lastLocationIndex_;
}

Result<std::optional<Value>> TorchResolver::persistent(ValueTree& tree, Value id) {
    const bool legacy = container_ == Container::Legacy;
    const std::string_view expected =
        legacy ? "('storage', type, key, location, count, view)" : "('storage', type, key, location, count)";
    const auto items = id.kind == ValueKind::Tuple ? tree.items(id) : std::span<const Value>();
    if (items.empty() || !isText(items[0])) return badId(tree, id, expected);
    // A class whose source text old versions saved beside it: the class itself is what the pickle means.
    if (legacy && items.size() == 4 && tree.text(items[0]) == "module") return items[1];
    if (tree.text(items[0]) != "storage" || items.size() != (legacy ? 6U : 5U)) return badId(tree, id, expected);
    StorageRequest request;
    const auto dtype = elementType(tree, items[1]);
    if (!dtype) return badId(tree, id, "a storage type such as torch.FloatStorage");
    if (!isText(items[2])) return badId(tree, id, "a text as storage key");
    const auto count = naturalNumber(tree, items[4]);
    const auto bytes = count ? checkedMul(*count, storageElementBytes(*dtype)) : std::nullopt;
    if (!bytes) return badId(tree, id, "a count of elements from 0 on that fits 64 bits");
    request.key = tree.text(items[2]);
    request.dtype = *dtype;
    request.count = *count;
    request.bytes = *bytes;
    request.location = locationOf(tree, items[3]);
    if (legacy) {
        TRY(request.view, viewOf(tree, id, items[5], *count));
    }
    TRY(const auto storage, storages_.find(request));
    return ValueTree::storageRef(storage);
}

Result<std::optional<Value>> TorchResolver::parameter(const ValueTree& tree, std::span<const Value> args) {
    if (args.size() != 3 || args[0].kind != ValueKind::Tensor || args[1].kind != ValueKind::Bool) return std::nullopt;
    TensorId id = tree.tensor(args[0]);
    // Parameters wrap a tensor that was just rebuilt for them; an older one may be meant elsewhere, unwrapped.
    if (id.index() + 1 != table_.size()) {
        TRY(id, table_.addAgain(id, {}, TensorTable::Name::Point));
    }
    table_.markParameter(id, tree.asBool(args[1]));
    return ValueTree::tensorRef(id);
}

Result<std::optional<Value>> TorchResolver::reduce(ValueTree& tree, Value callable, Value args) {
    if (callable.kind != ValueKind::Global) return std::nullopt;
    const TensorCall call = callOf(tree, callable);
    if (call == TensorCall::None || args.kind != ValueKind::Tuple) return std::nullopt;
    const auto items = tree.items(args);
    switch (call) {
        case TensorCall::Parameter:
            return parameter(tree, items);
        case TensorCall::Tensor:
        case TensorCall::TensorV2:
        case TensorCall::TensorV3:
            break;
        default:
            return std::nullopt;
    }
    TRY(const auto row, arguments_.parse(tree, table_, call, items));
    // What a row cannot say stays a call.
    if (!row.opaqueName.empty() || !isPlainTensor(tree, call, items)) return std::nullopt;
    TRY(const auto id, table_.add(row, TensorTable::Name::Point));
    return ValueTree::tensorRef(id);
}

// persistent() and reduce() in one, for what nearly every tensor of a file is.
std::optional<Value> TorchResolver::tensor(ValueTree& tree, const TensorRunNames& names, const TensorRun& run) {
    const auto dtype = elementType(tree, names.type);
    const bool natural = run.count >= 0 && run.offset >= 0 && run.size.isNatural() && run.stride.isNatural();
    if (container_ != Container::Zip || !dtype || !natural || run.size.count != run.stride.count ||
        callOf(tree, names.callable) != TensorCall::TensorV2 || !isStorageTag(tree, names.tag))
        return std::nullopt;
    StorageRequest request;
    request.key = run.key;
    request.dtype = *dtype;
    request.count = static_cast<std::uint64_t>(run.count);
    const auto bytes = checkedMul(request.count, storageElementBytes(*dtype));
    if (!bytes) return std::nullopt;
    request.bytes = *bytes;
    request.location = locationOf(tree, names.location);
    const auto storage = storages_.find(request);
    if (!storage) return std::nullopt;

    TensorRow row;
    std::array<std::uint64_t, TensorRun::kMostDims> shape{};
    // A run has no more than kMostDims; g++ 12 must be told.
    const std::size_t dims = std::min(run.size.count, shape.size());
    for (std::size_t d = 0; d < dims; ++d) shape[d] = static_cast<std::uint64_t>(run.size.numbers[d]);
    row.shape = std::span(shape).first(dims);
    row.strideElems = std::span(run.stride.numbers).first(dims);
    row.storage = *storage;
    row.storageOffsetElems = static_cast<std::uint64_t>(run.offset);
    row.dtype = table_.storage(*storage).dtype;
    row.requiresGrad = run.requiresGrad;
    const auto id = table_.add(row, TensorTable::Name::Point);
    if (!id) return std::nullopt;
    return ValueTree::tensorRef(*id);
}

}  // namespace plimsoll
