// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string_view>
#include <unordered_map>

#include "checkpoint/tensor_table.h"

namespace plimsoll {

// A tensor that a pickle reaches by two paths has one value in the tree and a row for each path: this finds the row of
// a path. The table must outlive it.
class RowsByPath {
public:
    explicit RowsByPath(const TensorTable& table);

    // The row that is named `path`; invalid where there is none.
    [[nodiscard]] TensorId at(std::string_view path) const;

    // The row that is named `path`, where it is the tensor `id`; else `id`.
    [[nodiscard]] TensorId find(std::string_view path, TensorId id) const;

private:
    const TensorTable& table_;
    std::unordered_map<std::string_view, TensorId> rows_;
};

}  // namespace plimsoll
