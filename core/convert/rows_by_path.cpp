// SPDX-License-Identifier: GPL-3.0-or-later
#include "convert/rows_by_path.h"

#include <algorithm>

namespace plimsoll {

RowsByPath::RowsByPath(const TensorTable& table) : table_(table) {
    rows_.reserve(table.size());
    for (std::uint32_t row = 0; row < table.size(); ++row) rows_.emplace(table.name(TensorId(row)), TensorId(row));
}

TensorId RowsByPath::at(std::string_view path) const {
    const auto found = rows_.find(path);
    return found == rows_.end() ? TensorId() : found->second;
}

TensorId RowsByPath::find(std::string_view path, TensorId id) const {
    const auto found = rows_.find(path);
    if (found == rows_.end()) return id;
    const TensorId row = found->second;
    const bool same = table_.storageId(row) == table_.storageId(id) && table_.dtype(row) == table_.dtype(id) &&
                      table_.storageOffsetElems(row) == table_.storageOffsetElems(id) &&
                      std::ranges::equal(table_.shape(row), table_.shape(id));
    return same ? row : id;
}

}  // namespace plimsoll
