// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>

#include "pickle/value.h"
#include "tensor/dtype.h"

namespace plimsoll {

// The element type that a persistent id gives a storage: torch.FloatStorage, torch.cuda.HalfStorage,
// torch.storage.UntypedStorage (bytes), or a dtype itself (torch.float32). Nothing for any other name.
[[nodiscard]] std::optional<DType> storageElementType(const ValueTree& tree, Value type);

// torch.float32 and the like; nothing for any other value.
[[nodiscard]] std::optional<DType> dtypeOfGlobal(const ValueTree& tree, Value global);

// Bytes that torch counts for one element of a storage; packed quantized types count as one.
[[nodiscard]] std::uint64_t storageElementBytes(DType dtype) noexcept;

}  // namespace plimsoll
