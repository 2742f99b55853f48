// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "checkpoint/checkpoint.h"
#include "checkpoint/tensor_reader.h"
#include "load/module_tree.h"
#include "load/strategy.h"
#include "load/torch_headers.h"

namespace plimsoll {

// What torch.load holds: the bytes of every storage, in this machine's byte order, by the storage's number.
using StateDict = std::unordered_map<std::uint32_t, at::Tensor>;

// torch.load(map_location=device): each storage is read into host memory, moved, and freed there.
[[nodiscard]] Result<StateDict> readStateDict(const LoadContext& context, const ModuleTree& tree, at::Device device);
// A slot's tensor as the state dict has it, no copy.
[[nodiscard]] at::Tensor tensorIn(const StateDict& state, const ModuleTree& tree, const ModuleTree::Slot& slot);

// A copy in host memory of tensor `id` of the reader's checkpoint, which is of the slot's stored type and sizes.
[[nodiscard]] Result<at::Tensor> readTensor(TensorReader& reader, TensorId id, const ModuleTree::Slot& slot);

// Every storage that a slot of the tree views, once, in table order.
[[nodiscard]] std::vector<StorageId> storagesInUse(const ModuleTree& tree);

// The memory of a byte tensor; it must be on the host.
[[nodiscard]] std::span<std::byte> hostBytes(const at::Tensor& bytes);

// A slot's tensor as a view (offset, sizes and strides of the checkpoint) of the bytes of its storage.
[[nodiscard]] at::Tensor viewOf(const at::Tensor& storageBytes, const ModuleTree& tree, const ModuleTree::Slot& slot);

}  // namespace plimsoll
