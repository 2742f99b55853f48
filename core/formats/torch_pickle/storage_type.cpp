// SPDX-License-Identifier: GPL-3.0-or-later
#include "formats/torch_pickle/storage_type.h"

#include <algorithm>

namespace plimsoll {

std::optional<DType> dtypeOfGlobal(const ValueTree& tree, Value global) {
    if (global.kind != ValueKind::Global || tree.globalModule(global) != "torch") return std::nullopt;
    const auto dtype = dtypeFromTorchName(tree.globalName(global));
    return dtype == DType::Opaque ? std::nullopt : dtype;
}

std::optional<DType> storageElementType(const ValueTree& tree, Value type) {
    if (type.kind != ValueKind::Global) return std::nullopt;
    const auto module = tree.globalModule(type);
    const auto name = tree.globalName(type);
    // torch, torch.cuda, torch.xpu, torch.storage, ...; "torchx" is another package.
    if (module != "torch" && !module.starts_with("torch.")) return std::nullopt;
    if (!name.ends_with("Storage")) return dtypeOfGlobal(tree, type);
    if (name == "UntypedStorage") return DType::U8;
    return dtypeFromStorageClass(name);
}

std::uint64_t storageElementBytes(DType dtype) noexcept {
    return std::max<std::uint64_t>(bitWidth(dtype) / 8, 1);
}

}  // namespace plimsoll
