// SPDX-License-Identifier: GPL-3.0-or-later
#include "formats/torch_pickle/tensor_call.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "formats/torch_pickle/storage_type.h"

namespace plimsoll {

namespace {

struct KnownCall {
    std::string_view module;
    std::string_view name;
    TensorCall call;
};

constexpr std::array kCalls = {
    KnownCall{"torch._utils", "_rebuild_tensor_v2", TensorCall::TensorV2},
    KnownCall{"torch._utils", "_rebuild_parameter", TensorCall::Parameter},
    KnownCall{"torch._utils", "_rebuild_tensor", TensorCall::Tensor},
    KnownCall{"torch._utils", "_rebuild_tensor_v3", TensorCall::TensorV3},
    KnownCall{"torch._utils", "_rebuild_qtensor", TensorCall::QTensor},
    KnownCall{"torch._utils", "_rebuild_meta_tensor_no_storage", TensorCall::MetaTensor},
    KnownCall{"torch._utils", "_rebuild_parameter_with_state", TensorCall::ParameterWithState},
    KnownCall{"torch._utils", "_rebuild_sparse_tensor", TensorCall::SparseTensor},
    KnownCall{"torch._utils", "_rebuild_device_tensor_from_cpu_tensor", TensorCall::CpuTensor},
    KnownCall{"torch._utils", "_rebuild_wrapper_subclass", TensorCall::WrapperSubclass},
    KnownCall{"torch._tensor", "_rebuild_from_type", TensorCall::FromType},
    KnownCall{"torch._tensor", "_rebuild_from_type_v2", TensorCall::FromType},
    KnownCall{"torch.tensor", "_rebuild_from_type", TensorCall::FromType},
};

// Smallest and largest count of arguments of the calls that make a row.
std::pair<std::size_t, std::size_t> argumentCount(TensorCall call) {
    switch (call) {
        case TensorCall::Tensor:
            return {4, 4};
        case TensorCall::TensorV2:
            return {6, 7};
        case TensorCall::TensorV3:
            return {7, 8};
        case TensorCall::QTensor:
            return {7, 7};
        default:
            return {4, 4};
    }
}

tl::unexpected<Error> unexpectedArgument(const ValueTree& tree, std::string_view which, Value found,
                                         std::string_view expected) {
    return fail(Errc::Corrupt, fmt::format("a tensor's {} is {} (expected {})", which, repr(tree, found), expected));
}

bool isEmpty(const ValueTree& tree, Value v) {
    switch (v.kind) {
        case ValueKind::None:
            return true;
        case ValueKind::Dict:
            return tree.pairs(v).empty();
        case ValueKind::Object: {
            const auto& parts = tree.object(v);
            return parts.items.empty() && parts.states.empty() && parts.appended.empty() &&
                   (parts.args.kind != ValueKind::Tuple || tree.items(parts.args).empty());
        }
        default:
            return false;
    }
}

std::optional<Value> metadataOf(TensorCall call, std::span<const Value> args) {
    if (call == TensorCall::TensorV2 && args.size() == 7) return args[6];
    if (call == TensorCall::TensorV3 && args.size() == 8) return args[7];
    return std::nullopt;
}

// torch's metadata is a dict of the bits that are set.
bool hasBit(const ValueTree& tree, Value metadata, std::string_view key) {
    const auto bit = tree.find(metadata, key);
    return bit && *bit == ValueTree::boolean(true);
}

// torch's types that stand for bits and compute nothing, as the numbers of their size.
std::optional<DType> bitsType(const ValueTree& tree, Value type) {
    if (type.kind != ValueKind::Global || tree.globalModule(type) != "torch") return std::nullopt;
    auto name = tree.globalName(type);
    static constexpr std::array<std::string_view, 5> kBits = {"bits8", "bits16", "bits1x8", "bits2x4", "bits4x2"};
    if (std::ranges::find(kBits, name) != kBits.end()) return name == "bits16" ? DType::U16 : DType::U8;
    // int1 to int7 and uint1 to uint7, a byte each.
    if (name.starts_with('u')) name.remove_prefix(1);
    return name.size() == 4 && name.starts_with("int") && name[3] >= '1' && name[3] <= '7' ? std::optional(DType::U8)
                                                                                           : std::nullopt;
}

// Of a type that has no meaning here the name is kept.
Result<void> setDType(const ValueTree& tree, Value type, TensorRow& row) {
    if (const auto dtype = dtypeOfGlobal(tree, type)) {
        row.dtype = *dtype;
        return {};
    }
    const auto bits = bitsType(tree, type);
    if (!bits) return unexpectedArgument(tree, "dtype", type, "one such as torch.float32");
    row.dtype = *bits;
    row.opaqueName = tree.globalName(type);
    return {};
}

// A call can make one.
bool mayBeTensor(Value v) {
    return v.kind == ValueKind::Tensor || v.kind == ValueKind::Object;
}

// (scheme, scale, zero point), or (scheme, scales, zero points, axis).
bool isQuantizer(const ValueTree& tree, Value v) {
    if (v.kind != ValueKind::Tuple || tree.items(v).empty()) return false;
    const auto items = tree.items(v);
    const auto isNumber = [](Value number) {
        return number.kind == ValueKind::Float || number.kind == ValueKind::Int || number.kind == ValueKind::BigInt;
    };
    if (tree.isGlobal(items[0], "torch", "per_tensor_affine"))
        return items.size() == 3 && isNumber(items[1]) && isNumber(items[2]);
    return items.size() == 4 && isNumber(items[3]) && mayBeTensor(items[1]) && mayBeTensor(items[2]) &&
           (tree.isGlobal(items[0], "torch", "per_channel_affine") ||
            tree.isGlobal(items[0], "torch", "per_channel_affine_float_qparams"));
}

}  // namespace

bool isTensorOfParts(const ValueTree& tree, Value root) noexcept {
    return root.kind == ValueKind::Object && tensorCallOf(tree, tree.object(root).callable) != TensorCall::None;
}

std::optional<std::span<const Value>> dimensionsOf(const ValueTree& tree, Value v) {
    if (v.kind == ValueKind::Object) {
        const auto& parts = tree.object(v);
        if (!tree.isGlobal(parts.callable, "torch", "Size") || parts.args.kind != ValueKind::Tuple) return std::nullopt;
        const auto args = tree.items(parts.args);
        if (args.size() != 1) return std::nullopt;
        v = args[0];
    }
    if (v.kind != ValueKind::Tuple && v.kind != ValueKind::List) return std::nullopt;
    return tree.items(v);
}

std::optional<std::uint64_t> naturalNumber(const ValueTree& tree, Value v) {
    if (v.kind != ValueKind::Int || tree.asInt(v) < 0) return std::nullopt;
    return static_cast<std::uint64_t>(tree.asInt(v));
}

TensorCall tensorCallOf(const ValueTree& tree, Value callable) noexcept {
    if (callable.kind != ValueKind::Global) return TensorCall::None;
    const auto module = tree.globalModule(callable);
    if (!module.starts_with("torch.")) return TensorCall::None;
    const auto name = tree.globalName(callable);
    for (const auto& known : kCalls)
        if (known.name == name && known.module == module) return known.call;
    return TensorCall::None;
}

std::string oddCall(const ValueTree& tree, const ObjectParts& call) {
    if (call.callable.kind != ValueKind::Global) return {};
    const auto module = tree.globalModule(call.callable);
    const auto name = tree.globalName(call.callable);
    if (module == "torch" || module == "torch.cuda") {
        const bool isType = name.ends_with("Tensor") || name.ends_with("Storage");
        return isType ? fmt::format("is made by {}.{}(...), without data in the file", module, name) : std::string();
    }
    struct Signature {
        std::string_view name;
        std::size_t arguments;
        int tensors;  // that come first
    };
    static constexpr std::array kSignatures = {
        Signature{"_rebuild_parameter", 3, 1},
        Signature{"_rebuild_parameter_with_state", 4, 1},
        Signature{"_rebuild_nested_tensor", 4, 4},
        Signature{"_rebuild_device_tensor_from_cpu_tensor", 4, 1},
        Signature{"_rebuild_device_tensor_from_numpy", 4, 0},
        Signature{"_rebuild_wrapper_subclass", 8, 0},
        Signature{"_rebuild_from_type", 4, 0},
        Signature{"_rebuild_from_type_v2", 4, 0},
    };
    if (module != "torch._utils" && module != "torch._tensor") return {};
    const auto* const known = std::ranges::find(kSignatures, name, &Signature::name);
    if (known == kSignatures.end()) return {};
    const auto args = call.args.kind == ValueKind::Tuple ? tree.items(call.args) : std::span<const Value>();
    if (args.size() != known->arguments)
        return fmt::format("is rebuilt by {} from {} arguments (expected {})", name, args.size(), known->arguments);
    for (int i = 0; i < known->tensors; ++i)
        if (const Value arg = args[static_cast<std::size_t>(i)]; !mayBeTensor(arg))
            return fmt::format("is rebuilt by {} from {} (expected a tensor)", name, repr(tree, arg));
    if (name.starts_with("_rebuild_from_type") &&
        (args[0].kind != ValueKind::Global || args[2].kind != ValueKind::Tuple))
        return fmt::format("is rebuilt by {} from {} and {} (expected a function and its arguments)", name,
                           repr(tree, args[0]), repr(tree, args[2]));
    return {};
}

bool isPlainTensor(const ValueTree& tree, TensorCall call, std::span<const Value> args) {
    if (call == TensorCall::Tensor) return true;
    if (call == TensorCall::QTensor || call == TensorCall::MetaTensor || args.size() < 6) return false;
    const auto metadata = metadataOf(call, args);
    return isEmpty(tree, args[5]) && (!metadata || isEmpty(tree, *metadata));
}

Result<void> TensorArguments::parseLayout(const ValueTree& tree, Value size, Value stride) {
    shape_.clear();
    stride_.clear();
    const auto dims = dimensionsOf(tree, size);
    if (!dims) return unexpectedArgument(tree, "size", size, "a tuple of numbers");
    for (const Value dim : *dims) {
        const auto number = naturalNumber(tree, dim);
        if (!number) return unexpectedArgument(tree, "size", size, "a tuple of numbers from 0 on");
        shape_.push_back(*number);
    }
    const auto steps = dimensionsOf(tree, stride);
    if (!steps) return unexpectedArgument(tree, "stride", stride, "a tuple of numbers");
    for (const Value step : *steps) {
        const auto number = naturalNumber(tree, step);
        if (!number) return unexpectedArgument(tree, "stride", stride, "a tuple of numbers from 0 on");
        stride_.push_back(static_cast<std::int64_t>(*number));
    }
    if (shape_.size() != stride_.size())
        return fail(Errc::Corrupt, fmt::format("a tensor has {} dimensions in its size and {} in its stride",
                                               shape_.size(), stride_.size()));
    return {};
}

Result<TensorRow> TensorArguments::parse(const ValueTree& tree, const TensorTable& table, TensorCall call,
                                         std::span<const Value> args) {
    const auto [least, most] = argumentCount(call);
    if (args.size() < least || args.size() > most) {
        return fail(Errc::Corrupt,
                    fmt::format("a tensor is rebuilt from {} arguments (expected {})", args.size(),
                                least == most ? std::to_string(least) : fmt::format("{} or {}", least, most)));
    }
    TensorRow row;
    if (call == TensorCall::MetaTensor) {
        TRY_VOID(parseLayout(tree, args[1], args[2]));
        TRY_VOID(setDType(tree, args[0], row));
        row.requiresGrad = args[3] == ValueTree::boolean(true);
    } else {
        if (args[0].kind != ValueKind::Storage) return unexpectedArgument(tree, "storage", args[0], "a storage");
        const auto offset = naturalNumber(tree, args[1]);
        if (!offset) return unexpectedArgument(tree, "storage offset", args[1], "a number from 0 on");
        TRY_VOID(parseLayout(tree, args[2], args[3]));
        row.storage = tree.storage(args[0]);
        row.storageOffsetElems = *offset;
        row.dtype = table.storage(row.storage).dtype;
        if (call == TensorCall::TensorV3) TRY_VOID(setDType(tree, args[6], row));
        if (call == TensorCall::QTensor && !isQuantizer(tree, args[4]))
            return unexpectedArgument(tree, "quantizer", args[4], "a tuple such as (torch.per_tensor_affine, 0.1, 0)");
        const std::size_t grad = call == TensorCall::QTensor ? 5 : 4;
        row.requiresGrad = grad < args.size() && args[grad] == ValueTree::boolean(true);
        const auto metadata = metadataOf(call, args);
        row.isConjugate = metadata && hasBit(tree, *metadata, "conj");
        row.isNegative = metadata && hasBit(tree, *metadata, "neg");
    }
    row.shape = shape_;
    row.strideElems = stride_;
    return row;
}

}  // namespace plimsoll
