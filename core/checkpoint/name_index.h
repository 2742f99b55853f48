// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string_view>

#include "base/big_vector.h"
#include "checkpoint/tensor_table.h"

namespace plimsoll {

// Finds rows of a table by name: a hash table of row numbers and hashes, 16 to 32 bytes a row. Names are compared only
// where their hashes are equal: they lie in the file, and a look at each would bring all its pages in.
class NameIndex {
public:
    // Of no rows yet; the table must outlive the index, its rows must keep their names.
    explicit NameIndex(const TensorTable& table) : table_(table) {}

    // Adds a row. Gives the row of the same name that was there before (which stays the one that is found), else an
    // invalid id.
    TensorId insert(TensorId id);
    [[nodiscard]] TensorId find(std::string_view name) const noexcept;

private:
    struct Slot {
        TensorId id;
        std::uint32_t hash = 0;
    };
    // The slot that holds `name`, or the free one where it would go.
    [[nodiscard]] std::size_t slotOf(std::string_view name, std::uint32_t hash) const noexcept;
    void grow();

    const TensorTable& table_;
    BigVector<Slot> slots_;
    std::size_t used_ = 0;
};

}  // namespace plimsoll
