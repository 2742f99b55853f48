// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <array>
#include <span>

#include "pickle/verdict_tables.h"

namespace plimsoll {

namespace {

constexpr std::string_view kElementTypes[] = {
    "bfloat16",
    "bits16",
    "bits1x8",
    "bits2x4",
    "bits4x2",
    "bits8",
    "bool",
    "complex128",
    "complex32",
    "complex64",
    "float16",
    "float32",
    "float4_e2m1fn_x2",
    "float64",
    "float8_e4m3fn",
    "float8_e4m3fnuz",
    "float8_e5m2",
    "float8_e5m2fnuz",
    "float8_e8m0fnu",
    "int1",
    "int16",
    "int2",
    "int3",
    "int32",
    "int4",
    "int5",
    "int6",
    "int64",
    "int7",
    "int8",
    "qint32",
    "qint8",
    "quint2x4",
    "quint4x2",
    "quint8",
    "uint1",
    "uint16",
    "uint2",
    "uint3",
    "uint32",
    "uint4",
    "uint5",
    "uint6",
    "uint64",
    "uint7",
    "uint8",
};

constexpr std::string_view kQuantizationSchemes[] = {
    "per_channel_affine",   "per_channel_affine_float_qparams", "per_channel_symmetric", "per_tensor_affine",
    "per_tensor_symmetric",
};

constexpr std::string_view kTorchBasics[] = {"Size", "Tensor", "device"};

// Storage and tensor classes of each device share their first half: FloatStorage, FloatTensor.
constexpr std::string_view kClassPrefixes[] = {
    "BFloat16", "Bool", "Byte", "Char", "Double", "Float", "Half", "Int", "Long", "Short",
};
constexpr std::string_view kComplexStorages[] = {"ComplexDoubleStorage", "ComplexFloatStorage"};
constexpr std::string_view kQuantizedStorages[] = {
    "QInt32Storage", "QInt8Storage", "QUInt2x4Storage", "QUInt4x2Storage", "QUInt8Storage",
};

constexpr std::string_view kRebuildFunctions[] = {
    "_rebuild_device_tensor_from_cpu_tensor",
    "_rebuild_device_tensor_from_numpy",
    "_rebuild_meta_tensor_no_storage",
    "_rebuild_nested_tensor",
    "_rebuild_parameter",
    "_rebuild_parameter_with_state",
    "_rebuild_qtensor",
    "_rebuild_sparse_tensor",
    "_rebuild_tensor",
    "_rebuild_tensor_v2",
    "_rebuild_tensor_v3",
    "_rebuild_wrapper_subclass",
};

struct ModuleNames {
    std::string_view module;
    std::string_view names[3];
};

constexpr ModuleNames kOtherModules[] = {
    {"collections", {"Counter", "OrderedDict"}},
    {"builtins", {"bytearray", "complex", "set"}},
    {"_codecs", {"encode"}},  // how bytes are written before protocol 3
    {"torch.nn.parameter", {"Parameter"}},
    {"torch.serialization", {"_get_layout"}},
    {"torch.storage", {"TypedStorage", "UntypedStorage"}},
    {"torch._tensor", {"_rebuild_from_type_v2"}},
};

bool contains(std::span<const std::string_view> names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

// "FloatStorage" for the suffix "Storage".
bool isClass(std::string_view name, std::string_view suffix) {
    return name.ends_with(suffix) && contains(kClassPrefixes, name.substr(0, name.size() - suffix.size()));
}

bool isTorchName(std::string_view name) {
    return contains(kElementTypes, name) || contains(kQuantizationSchemes, name) || contains(kTorchBasics, name) ||
           isClass(name, "Storage") || isClass(name, "Tensor") || contains(kComplexStorages, name) ||
           contains(kQuantizedStorages, name);
}

}  // namespace

bool isAllowedGlobal(std::string_view module, std::string_view name) {
    if (name.empty()) return false;
    if (module == "torch") return isTorchName(name);
    if (module == "torch._utils") return contains(kRebuildFunctions, name);
    if (module == "torch.cuda")
        return isClass(name, "Storage") || isClass(name, "Tensor") || contains(kComplexStorages, name);
    if (module == "torch.sparse" || module == "torch.cuda.sparse")
        return isClass(name, "Tensor") && name != "BoolTensor";
    return std::any_of(std::begin(kOtherModules), std::end(kOtherModules),
                       [&](const ModuleNames& row) { return row.module == module && contains(row.names, name); });
}

}  // namespace plimsoll
