// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "base/progress.h"
#include "base/result.h"
#include "checkpoint/tensor_reader.h"
#include "json_writer.h"
#include "output.h"
#include "selection.h"
#include "tensor/stats.h"

namespace plimsoll::cli {

// A part of one tensor with what is needed to read it. Packed and Opaque types are read as bytes, ggml blocks as f32.
struct TensorPart {
    TensorReader& reader;
    TensorId tensor;
    DType dtype;  // Opaque for what is read as bytes
    std::size_t elementBytes;
    Selection selection;
    std::stop_token stop;

    [[nodiscard]] std::uint64_t bytes() const noexcept { return selection.elements() * elementBytes; }
    // Selection::read, which also ends when the stop token asks for it.
    [[nodiscard]] Result<void> read(ProgressSink& progress, const Selection::Visit& visit) const;
};

// As numpy prints an array: nested brackets, and above 1,000 elements only the edges of each dimension.
[[nodiscard]] Result<void> printValues(Output& out, const TensorPart& part);

// All values as nested arrays; what JSON has no number for (nan, inf, complex, bytes) as strings.
[[nodiscard]] Result<void> writeValuesJson(JsonWriter& json, const TensorPart& part, ProgressSink& progress);

struct Histogram {
    double low = 0;  // the finite values lie in [low, high]
    double high = 0;
    std::vector<std::uint64_t> counts;

    [[nodiscard]] double edge(std::size_t i) const noexcept {
        return low + (high - low) * static_cast<double>(i) / static_cast<double>(counts.size());
    }
};

[[nodiscard]] Result<TensorStats> computeStats(const TensorPart& part, ProgressSink& progress);

// Counts the finite values in `bins` equal bins between the statistics' min and max.
[[nodiscard]] Result<Histogram> computeHistogram(const TensorPart& part, const TensorStats& stats, std::size_t bins,
                                                 ProgressSink& progress);

// Writes the part as a .npy file (format 1.0). Types that numpy does not know (bf16, float8) become f32, which holds
// all their values; the file appears only when it is complete.
//   errors  Unsupported for types without an exact counterpart, Usage where `path` exists
[[nodiscard]] Result<void> writeNpy(const TensorPart& part, const std::string& path, ProgressSink& progress);

}  // namespace plimsoll::cli
