// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <stop_token>
#include <vector>

#include "base/progress.h"
#include "base/result.h"
#include "checkpoint/slice.h"
#include "checkpoint/tensor_reader.h"
#include "tensor/stats.h"

namespace plimsoll {

// How the elements of a tensor are looked at one by one: ggml blocks as f32, packed and unknown types as a row of
// bytes.
struct ElementForm {
    DType dtype = DType::Opaque;  // Opaque for what is read as bytes
    std::size_t bytes = 1;        // of one element
    std::vector<std::uint64_t> shape;
};
[[nodiscard]] ElementForm elementForm(const TensorTable& table, TensorId id);

// A part of one tensor with what is needed to read it.
struct TensorPart {
    TensorReader& reader;
    TensorId tensor;
    DType dtype;  // elementForm's
    std::size_t elementBytes;
    Slice slice;  // of elementForm's shape
    std::stop_token stop;

    [[nodiscard]] std::uint64_t bytes() const noexcept { return slice.elements() * elementBytes; }
    // Slice::read, which counts what it has read and ends when the stop token asks for it.
    [[nodiscard]] Result<void> read(ProgressSink& progress, const Slice::Visit& visit) const;
};

// Exact, in one pass and bounded memory.
[[nodiscard]] Result<TensorStats> computeStats(const TensorPart& part, ProgressSink& progress);

struct Histogram {
    double low = 0;  // the finite values lie in [low, high]
    double high = 0;
    std::vector<std::uint64_t> counts;

    [[nodiscard]] double edge(std::size_t i) const noexcept {
        return low + (high - low) * static_cast<double>(i) / static_cast<double>(counts.size());
    }
};

// Counts the finite values of [low, high] in `bins` (one or more) equal bins, exactly, in one pass.
//   low, high  finite; those of computeStats for all values
//   errors     Unsupported for types whose elements are not real numbers; Io..., Cancelled
[[nodiscard]] Result<Histogram> computeHistogram(const TensorPart& part, double low, double high, std::size_t bins,
                                                 ProgressSink& progress);

}  // namespace plimsoll
