// SPDX-License-Identifier: GPL-3.0-or-later
#include "checkpoint/gather.h"

#include <algorithm>
#include <cstring>

namespace plimsoll {

namespace {

// A fixed size lets the compiler turn each memcpy into one load and one store.
template <std::size_t kBytes>
void copyStrided(const std::byte* from, std::int64_t strideBytes, std::uint64_t count, std::byte* to) {
    for (std::uint64_t i = 0; i < count; ++i) {
        std::memcpy(to, from, kBytes);
        to += kBytes;
        // Not beyond the last element: the pointer would leave the storage.
        if (i + 1 < count) from += strideBytes;
    }
}

void copyRun(const std::byte* from, std::int64_t strideBytes, std::uint64_t count, std::size_t elementBytes,
             std::byte* to) {
    switch (elementBytes) {
        case 1:
            return copyStrided<1>(from, strideBytes, count, to);
        case 2:
            return copyStrided<2>(from, strideBytes, count, to);
        case 4:
            return copyStrided<4>(from, strideBytes, count, to);
        case 8:
            return copyStrided<8>(from, strideBytes, count, to);
        case 16:
            return copyStrided<16>(from, strideBytes, count, to);
        default:
            break;
    }
    for (std::uint64_t i = 0; i < count; ++i)
        std::memcpy(to + i * elementBytes, from + static_cast<std::int64_t>(i) * strideBytes, elementBytes);
}

}  // namespace

StridedWalk::StridedWalk(std::span<const std::uint64_t> shape, std::span<const std::int64_t> strideElems,
                         std::uint64_t origin, std::uint64_t first)
    : shape_(shape), stride_(strideElems), index_(shape.size()), element_(origin) {
    for (std::size_t d = shape.size(); d-- > 0;) {
        index_[d] = first % shape[d];
        first /= shape[d];
        element_ += index_[d] * static_cast<std::uint64_t>(strideElems[d]);
    }
}

StridedWalk::Run StridedWalk::run() const noexcept {
    if (shape_.empty()) return {element_, 1, 1};
    return {element_, shape_.back() - index_.back(), stride_.back()};
}

void StridedWalk::advance(std::uint64_t n) noexcept {
    if (shape_.empty()) return;
    std::size_t d = shape_.size() - 1;
    index_[d] += n;
    element_ += n * static_cast<std::uint64_t>(stride_[d]);
    while (index_[d] == shape_[d] && d > 0) {
        element_ -= index_[d] * static_cast<std::uint64_t>(stride_[d]);
        index_[d] = 0;
        --d;
        ++index_[d];
        element_ += static_cast<std::uint64_t>(stride_[d]);
    }
}

void gatherElements(std::span<const std::byte> storage, std::size_t elementBytes, std::span<const std::uint64_t> shape,
                    std::span<const std::int64_t> strideElems, std::uint64_t origin, std::uint64_t first,
                    std::span<std::byte> out) {
    StridedWalk walk(shape, strideElems, origin, first);
    while (!out.empty()) {
        const auto run = walk.run();
        const std::uint64_t count = std::min<std::uint64_t>(run.count, out.size() / elementBytes);
        const std::byte* from = storage.data() + run.element * elementBytes;
        const auto bytes = static_cast<std::size_t>(count) * elementBytes;
        if (run.strideElems == 1)
            std::memcpy(out.data(), from, bytes);
        else
            copyRun(from, run.strideElems * static_cast<std::int64_t>(elementBytes), count, elementBytes, out.data());
        walk.advance(count);
        out = out.subspan(bytes);
    }
}

}  // namespace plimsoll
