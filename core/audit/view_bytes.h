// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <vector>

#include "checkpoint/tensor_table.h"

namespace plimsoll {

// The bytes of a storage that a tensor's elements lie on: runs of `run` bytes from `begin` on, repeated along `steps`.
// Dimensions that lie densely are one run, whatever their order; those that repeat the same bytes are left out.
struct ViewBytes {
    struct Step {
        std::uint64_t count = 0;   // two or more
        std::uint64_t stride = 0;  // bytes, more than what lies below
    };
    std::uint64_t begin = 0;
    std::uint64_t run = 0;    // 0: the tensor has no elements
    std::vector<Step> steps;  // innermost first

    // One past the last byte.
    [[nodiscard]] std::uint64_t end() const noexcept;
    [[nodiscard]] std::uint64_t runs() const noexcept;
};

// The table has validated that every element lies in the storage. Packed and Opaque types are one run.
[[nodiscard]] ViewBytes viewBytes(const TensorTable& table, TensorId id);

}  // namespace plimsoll
