// SPDX-License-Identifier: GPL-3.0-or-later
#include "audit/view_bytes.h"

#include <algorithm>

namespace plimsoll {

std::uint64_t ViewBytes::end() const noexcept {
    std::uint64_t end = begin + run;
    for (const auto& step : steps) end += (step.count - 1) * step.stride;
    return end;
}

std::uint64_t ViewBytes::runs() const noexcept {
    std::uint64_t runs = run == 0 ? 0 : 1;
    for (const auto& step : steps) runs *= step.count;
    return runs;
}

ViewBytes viewBytes(const TensorTable& table, TensorId id) {
    const std::uint64_t nbytes = table.nbytes(id);
    if (nbytes == 0) return {};
    const DType dtype = table.dtype(id);
    const std::uint64_t offset = table.storageOffsetElems(id);
    if (dtype == DType::Opaque) return {offset, nbytes, {}};
    const auto bits = bitWidth(dtype);
    if (bits == 0 || bits % 8 != 0) return {packedBytes(dtype, offset).value_or(0), nbytes, {}};
    const std::uint64_t width = bits / 8;
    if (table.contiguous(id)) return {offset * width, nbytes, {}};

    ViewBytes view{offset * width, width, {}};
    const auto shape = table.shape(id);
    const auto stride = table.stride(id);
    for (std::size_t d = 0; d < shape.size(); ++d)
        if (shape[d] > 1 && stride[d] != 0)
            view.steps.push_back({shape[d], static_cast<std::uint64_t>(stride[d]) * width});
    std::ranges::sort(view.steps, {}, &ViewBytes::Step::stride);
    std::vector<ViewBytes::Step> sparse;
    for (const auto& step : view.steps) {
        if (sparse.empty() && step.stride <= view.run)
            view.run += (step.count - 1) * step.stride;
        else if (!sparse.empty() && step.stride == sparse.back().stride * sparse.back().count)
            sparse.back().count *= step.count;
        else
            sparse.push_back(step);
    }
    view.steps = std::move(sparse);
    return view;
}

}  // namespace plimsoll
