// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <unordered_map>

#include "base/result.h"
#include "checkpoint/tensor_reader.h"
#include "load/module_tree.h"
#include "load/strategy.h"

namespace plimsoll {

// What torch.load(mmap=True) holds: tensors whose memory is the file's, read-only. One thread.
class MappedState {
public:
    // On `device` each storage is moved there from the mapping when it is first asked for, and kept.
    MappedState(const LoadContext& context, at::Device device)
        : context_(context), device_(device), reader_(context.checkpoint) {}

    // The slot's tensor, of its stored type. Tensors that cannot be used where they lie are copied.
    //   errors  Unsupported where the file is not mapped, Truncated, what TensorReader says
    [[nodiscard]] Result<at::Tensor> tensorOf(const ModuleTree& tree, const ModuleTree::Slot& slot);

    // Tells the reader of the figures how much was copied, where anything was.
    void noteCopies() const;

private:
    [[nodiscard]] Result<at::Tensor> copied(const ModuleTree::Slot& slot);

    const LoadContext& context_;
    at::Device device_;
    TensorReader reader_;
    std::unordered_map<std::uint32_t, at::Tensor> storages_;
    std::uint64_t copies_ = 0;
    std::uint64_t copiedBytes_ = 0;
};

}  // namespace plimsoll
