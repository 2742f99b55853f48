// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "checkpoint/checkpoint.h"
#include "load/module_tree.h"
#include "load/torch_headers.h"

namespace plimsoll {

// Every storage that a slot of the tree views, once, in table order.
[[nodiscard]] std::vector<StorageId> storagesInUse(const ModuleTree& tree);

// The memory of a byte tensor; it must be on the host.
[[nodiscard]] std::span<std::byte> hostBytes(const at::Tensor& bytes);

// A slot's tensor as a view (offset, sizes and strides of the checkpoint) of the bytes of its storage.
[[nodiscard]] at::Tensor viewOf(const at::Tensor& storageBytes, const ModuleTree& tree, const ModuleTree::Slot& slot);

}  // namespace plimsoll
