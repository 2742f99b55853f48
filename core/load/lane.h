// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "base/result.h"
#include "load/module_tree.h"
#include "load/read_plan.h"

namespace plimsoll {

// One reader thread's way to the slots' memory.
class Lane {
public:
    virtual ~Lane() = default;

    // Where the caller shall put the bytes of a block with these pieces, read from `offset`: the final place itself, or
    // a buffer of the lane's own, in use until deliver(). The address equals `offset` modulo the page where possible.
    [[nodiscard]] virtual Result<std::span<std::byte>> place(std::span<const Piece> pieces, std::uint64_t offset,
                                                             std::uint64_t bytes) = 0;
    // The bytes are there: brings each piece to its slot; may go on after it returns.
    [[nodiscard]] virtual Result<void> deliver(std::span<const Piece> pieces, std::span<const std::byte> block) = 0;
    // Everything that was delivered has arrived.
    [[nodiscard]] virtual Result<void> finish() = 0;
};

// For slots in host memory.
[[nodiscard]] std::unique_ptr<Lane> makeHostLane(const ModuleTree& tree);

// A tensor of host memory for these bytes. Its address equals `fileOffset` modulo the page, where its elements may
// start there: then a disk read needs no copy. Throws std::bad_alloc.
[[nodiscard]] at::Tensor hostTensorFor(const ModuleTree::Slot& slot, std::uint64_t bytes, std::uint64_t fileOffset);

}  // namespace plimsoll
