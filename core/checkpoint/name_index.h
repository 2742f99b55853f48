// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "checkpoint/tensor_table.h"

namespace plimsoll {

// Finds rows of a table by name: a hash table of row numbers, 8 bytes a row.
class NameIndex {
public:
    // Of no rows yet; the table must outlive the index, its rows must keep their names.
    explicit NameIndex(const TensorTable& table) : table_(table) {}

    // Adds a row. Gives the row of the same name that was there before (which stays the one that is found), else an
    // invalid id.
    TensorId insert(TensorId id);
    [[nodiscard]] TensorId find(std::string_view name) const noexcept;

private:
    [[nodiscard]] std::size_t slotOf(std::string_view name) const noexcept;
    void grow();

    const TensorTable& table_;
    std::vector<TensorId> slots_;
    std::size_t used_ = 0;
};

}  // namespace plimsoll
