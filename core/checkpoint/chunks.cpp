// SPDX-License-Identifier: GPL-3.0-or-later
#include "checkpoint/chunks.h"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/checked.h"
#include "tensor/layout.h"

namespace plimsoll {

namespace {

std::string boxText(const TensorChunk& chunk) {
    return fmt::format("the chunk of shape [{}] at [{}]", fmt::join(chunk.shape, ", "), fmt::join(chunk.start, ", "));
}

Result<void> checkPlace(const ChunkedTensor& tensor, const TensorChunk& chunk) {
    const std::size_t rank = tensor.shape.size();
    if (chunk.start.size() != rank || chunk.shape.size() != rank || chunk.strideElems.size() != rank)
        return fail(Errc::Corrupt, fmt::format("{} is a part of a tensor of {} dimensions", boxText(chunk), rank));
    for (std::size_t d = 0; d < rank; ++d) {
        if (chunk.shape[d] == 0 || !fitsWithin(chunk.start[d], chunk.shape[d], tensor.shape[d]))
            return fail(Errc::OutOfBounds, fmt::format("{} does not lie within the tensor's shape [{}]", boxText(chunk),
                                                       fmt::join(tensor.shape, ", ")));
    }
    TRY(const auto extent, extentElems(chunk.shape, chunk.strideElems, chunk.originElems));
    const auto needed = packedBytes(tensor.dtype, extent);
    if (!needed || *needed > chunk.bytes)
        return fail(Errc::OutOfBounds,
                    fmt::format("{} reaches element {} of a storage of {} bytes", boxText(chunk), extent, chunk.bytes));
    return {};
}

bool overlap(const TensorChunk& a, const TensorChunk& b) {
    for (std::size_t d = 0; d < a.shape.size(); ++d)
        if (a.start[d] >= b.start[d] + b.shape[d] || b.start[d] >= a.start[d] + a.shape[d]) return false;
    return true;
}

// Sweeps along the first dimension: only chunks that share a row can overlap.
Result<void> checkOverlap(const ChunkedTensor& tensor) {
    if (tensor.shape.empty()) {
        if (tensor.chunks.size() > 1) return fail(Errc::Corrupt, "a tensor of one element has several chunks");
        return {};
    }
    std::vector<const TensorChunk*> sorted;
    for (const auto& chunk : tensor.chunks) sorted.push_back(&chunk);
    std::ranges::sort(sorted, {}, [](const TensorChunk* chunk) { return chunk->start[0]; });
    std::uint64_t comparisons = 0;
    for (std::size_t i = 0; i < sorted.size(); ++i) {
        const std::uint64_t end = sorted[i]->start[0] + sorted[i]->shape[0];
        for (std::size_t j = i + 1; j < sorted.size() && sorted[j]->start[0] < end; ++j) {
            if (++comparisons > kChunkComparisons)
                return fail(Errc::OverLimit, fmt::format("{} chunks that cannot be compared within {} steps",
                                                         sorted.size(), kChunkComparisons));
            if (overlap(*sorted[i], *sorted[j]))
                return fail(Errc::Corrupt, fmt::format("{} and {} overlap", boxText(*sorted[i]), boxText(*sorted[j])));
        }
    }
    return {};
}

std::uint64_t product(std::span<const std::uint64_t> shape) {
    return std::accumulate(shape.begin(), shape.end(), std::uint64_t{1}, std::multiplies<>());
}

// The rows of a chunk: runs of elements that lie together in the tensor too.
class ChunkRows {
public:
    ChunkRows(std::span<const std::uint64_t> whole, const TensorChunk& chunk) : whole_(whole), chunk_(chunk) {
        inner_ = whole.size();
        // Dimensions that the chunk covers entirely join the one before them.
        while (inner_ > 0) {
            --inner_;
            rowElems_ *= chunk.shape[inner_];
            if (chunk.shape[inner_] != whole[inner_]) break;
        }
        rows_ = product(std::span(chunk.shape).first(inner_));
    }

    [[nodiscard]] std::uint64_t rows() const noexcept { return rows_; }
    [[nodiscard]] std::uint64_t rowElems() const noexcept { return rowElems_; }
    // Where the row starts in the tensor; ascending with the row.
    [[nodiscard]] std::uint64_t target(std::uint64_t row) const noexcept {
        std::uint64_t element = 0;
        std::uint64_t stride = 1;
        for (std::size_t d = whole_.size(); d-- > 0;) {
            std::uint64_t index = chunk_.start[d];
            if (d < inner_) {
                index += row % chunk_.shape[d];
                row /= chunk_.shape[d];
            }
            element += index * stride;
            stride *= whole_[d];
        }
        return element;
    }
    // The first row that ends behind this element of the tensor.
    [[nodiscard]] std::uint64_t firstRowBehind(std::uint64_t element) const noexcept {
        std::uint64_t low = 0;
        std::uint64_t high = rows_;
        while (low < high) {
            const std::uint64_t middle = low + (high - low) / 2;
            if (target(middle) + rowElems_ > element)
                high = middle;
            else
                low = middle + 1;
        }
        return low;
    }

private:
    std::span<const std::uint64_t> whole_;
    const TensorChunk& chunk_;
    std::size_t inner_ = 0;  // the first dimension that a row spans
    std::uint64_t rowElems_ = 1;
    std::uint64_t rows_ = 1;
};

}  // namespace

Result<void> checkChunks(const ChunkedTensor& tensor) {
    if (bitWidth(tensor.dtype) == 0 || bitWidth(tensor.dtype) % 8 != 0)
        return fail(Errc::Unsupported, fmt::format("packed {} elements in several chunks", torchName(tensor.dtype)));
    TRY(const auto elements, elementCount(tensor.shape));
    std::uint64_t covered = 0;
    for (const auto& chunk : tensor.chunks) {
        TRY_VOID(checkPlace(tensor, chunk));
        const auto sum = checkedAdd(covered, product(chunk.shape));
        if (!sum) return fail(Errc::Overflow, "the chunks have more elements than 64 bits can count");
        covered = *sum;
    }
    TRY_VOID(checkOverlap(tensor));
    if (covered != elements)
        return fail(Errc::Corrupt,
                    fmt::format("its {} chunks hold {} of {} elements", tensor.chunks.size(), covered, elements));
    return {};
}

Result<void> forEachRun(const ChunkedTensor& tensor, std::uint64_t first, std::uint64_t count,
                        const std::function<Result<void>(const ChunkRun&)>& visit) {
    const std::uint64_t end = first + count;
    for (const auto& chunk : tensor.chunks) {
        const ChunkRows rows(tensor.shape, chunk);
        for (std::uint64_t row = rows.firstRowBehind(first); row < rows.rows(); ++row) {
            const std::uint64_t start = rows.target(row);
            if (start >= end) break;
            const std::uint64_t from = std::max(start, first);
            const std::uint64_t to = std::min(start + rows.rowElems(), end);
            TRY_VOID(visit({&chunk, row * rows.rowElems() + (from - start), from, to - from}));
        }
    }
    return {};
}

}  // namespace plimsoll
