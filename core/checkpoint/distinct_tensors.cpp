// SPDX-License-Identifier: GPL-3.0-or-later
#include "checkpoint/distinct_tensors.h"

#include <algorithm>
#include <limits>

#include "base/checked.h"
#include "tensor/cast.h"

namespace plimsoll {

std::strong_ordering compareViews(const TensorTable& tensors, TensorId a, TensorId b) {
    if (const auto c = tensors.storageId(a) <=> tensors.storageId(b); c != 0) return c;
    if (const auto c = tensors.storageOffsetElems(a) <=> tensors.storageOffsetElems(b); c != 0) return c;
    if (const auto c = tensors.dtype(a) <=> tensors.dtype(b); c != 0) return c;
    if (const auto c = tensors.isConjugate(a) <=> tensors.isConjugate(b); c != 0) return c;
    if (const auto c = tensors.isNegative(a) <=> tensors.isNegative(b); c != 0) return c;
    const auto shapeA = tensors.shape(a);
    const auto shapeB = tensors.shape(b);
    if (const auto c =
            std::lexicographical_compare_three_way(shapeA.begin(), shapeA.end(), shapeB.begin(), shapeB.end());
        c != 0)
        return c;
    const auto strideA = tensors.stride(a);
    const auto strideB = tensors.stride(b);
    return std::lexicographical_compare_three_way(strideA.begin(), strideA.end(), strideB.begin(), strideB.end());
}

DistinctTensors distinctTensors(const TensorTable& tensors) {
    std::vector<TensorId> rows;
    rows.reserve(tensors.size());
    for (std::uint32_t row = 0; row < tensors.size(); ++row) rows.emplace_back(row);
    const auto before = [&](TensorId a, TensorId b) {
        const auto c = compareViews(tensors, a, b);
        return c != 0 ? c < 0 : a < b;
    };
    // Most files have their tensors in the order of their storages.
    if (!std::is_sorted(rows.begin(), rows.end(), before)) std::sort(rows.begin(), rows.end(), before);

    // The lowest row of each group stands for it, so that table order numbers the groups.
    std::vector<TensorId> leader(tensors.size());
    for (std::size_t at = 0; at < rows.size(); ++at) {
        const bool same = at > 0 && compareViews(tensors, rows[at - 1], rows[at]) == 0;
        leader[rows[at].index()] = same ? leader[rows[at - 1].index()] : rows[at];
    }
    DistinctTensors distinct;
    distinct.ofRow.resize(tensors.size());
    for (std::uint32_t row = 0; row < tensors.size(); ++row) {
        if (leader[row].index() == row) {
            distinct.ofRow[row] = static_cast<std::uint32_t>(distinct.first.size());
            distinct.first.push_back(leader[row]);
        } else {
            distinct.ofRow[row] = distinct.ofRow[leader[row].index()];
        }
    }
    return distinct;
}

DType dtypeAs(const TensorTable& tensors, TensorId id, std::optional<DType> target) noexcept {
    const DType stored = tensors.dtype(id);
    return target && isFloating(stored) && canCast(stored, *target) ? *target : stored;
}

std::uint64_t bytesAs(const TensorTable& tensors, TensorId id, std::optional<DType> target) noexcept {
    const DType dtype = dtypeAs(tensors, id, target);
    if (dtype == tensors.dtype(id)) return tensors.nbytes(id);
    const std::uint64_t elementBytes = bitWidth(dtype) / 8;
    return checkedMul(tensors.elements(id), elementBytes).value_or(std::numeric_limits<std::uint64_t>::max());
}

}  // namespace plimsoll
