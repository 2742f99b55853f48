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

    struct Place {
        std::span<std::byte> bytes;
        // Else a buffer of the lane's own, in use until deliver(); its address equals the offset modulo the page.
        bool isFinal = false;
    };
    // Where the caller shall put the bytes of a block with these pieces, read from `offset`.
    [[nodiscard]] virtual Result<Place> place(std::span<const Piece> pieces, std::uint64_t offset,
                                              std::uint64_t bytes) = 0;
    // The bytes are there: brings each piece to its slot; may go on after it returns.
    [[nodiscard]] virtual Result<void> deliver(std::span<const Piece> pieces, std::span<const std::byte> block) = 0;
    // Everything that was delivered has arrived.
    [[nodiscard]] virtual Result<void> finish() = 0;
};

// For slots in host memory.
[[nodiscard]] std::unique_ptr<Lane> makeHostLane(const ModuleTree& tree);

}  // namespace plimsoll
