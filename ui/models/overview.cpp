// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/overview.h"

#include <algorithm>
#include <array>

namespace plimsoll::ui {

Overview surveyCheckpoint(const Checkpoint& checkpoint) {
    constexpr std::size_t kLargest = 5;
    const TensorTable& table = checkpoint.tensors;
    Overview result;
    result.tensorBytes = table.totalBytes();
    for (const Storage& storage : table.storages()) result.storageBytes += storage.bytes;

    std::array<Overview::DTypeShare, static_cast<std::size_t>(kDTypeCount)> byDType{};
    std::vector<std::uint32_t> views(table.storages().size(), 0);
    std::vector<TensorId> ids;
    ids.reserve(table.size());
    for (std::uint32_t i = 0; i < table.size(); ++i) {
        const TensorId id(i);
        result.elements += table.elements(id);
        Overview::DTypeShare& share = byDType[static_cast<std::size_t>(table.dtype(id))];
        share.dtype = table.dtype(id);
        share.tensors += 1;
        share.bytes += table.nbytes(id);
        views[table.storageId(id).index()] += 1;
        ids.push_back(id);
    }
    for (const TensorId id : ids) {
        if (views[table.storageId(id).index()] > 1) result.sharedTensors += 1;
    }
    for (const Overview::DTypeShare& share : byDType) {
        if (share.tensors > 0) result.dtypes.push_back(share);
    }
    std::stable_sort(result.dtypes.begin(), result.dtypes.end(),
                     [](const auto& a, const auto& b) { return a.bytes > b.bytes; });
    const auto middle = ids.begin() + static_cast<std::ptrdiff_t>(std::min(kLargest, ids.size()));
    std::partial_sort(ids.begin(), middle, ids.end(),
                      [&table](TensorId a, TensorId b) { return table.nbytes(a) > table.nbytes(b); });
    result.largest.assign(ids.begin(), middle);
    return result;
}

}  // namespace plimsoll::ui
