// SPDX-License-Identifier: GPL-3.0-or-later
#include "checkpoint/tensor_part.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "tensor/dequantize.h"
#include "tensor/widen.h"

namespace plimsoll {

namespace {

// Values that are widened at a time: they stay in the cache.
constexpr std::size_t kWidened = 4096;

}  // namespace

ElementForm elementForm(const TensorTable& table, TensorId id) {
    const DType dtype = valueType(table.dtype(id));
    const std::uint32_t bits = bitWidth(dtype);
    if (bits == 0 || bits % 8 != 0) return {DType::Opaque, 1, {table.nbytes(id)}};
    const auto shape = table.shape(id);
    return {dtype, bits / 8, {shape.begin(), shape.end()}};
}

Result<void> TensorPart::read(ProgressSink& progress, const Slice::Visit& visit) const {
    return slice.read(reader, tensor, elementBytes, [&](std::span<const std::byte> elements) -> Result<void> {
        if (stop.stop_requested()) return cancelled();
        TRY_VOID(visit(elements));
        progress.advance(elements.size());
        return {};
    });
}

Result<TensorStats> computeStats(const TensorPart& part, ProgressSink& progress) {
    StatsAccumulator stats(part.dtype);
    TRY_VOID(part.read(progress, [&](std::span<const std::byte> elements) { return stats.add(elements); }));
    return stats.result();
}

Result<Histogram> computeHistogram(const TensorPart& part, double low, double high, std::size_t bins,
                                   ProgressSink& progress) {
    const Composition composition = compositionOf(part.dtype);
    if (composition.value == DType::Opaque || composition.parts != 1)
        return fail(Errc::Unsupported, "a histogram needs real numbers, this is " + std::string(shortName(part.dtype)));
    Histogram histogram{low, high, std::vector<std::uint64_t>(bins, 0)};
    // Halves, because the whole range of f64 is wider than a double.
    const double width = high / 2 - low / 2;
    const double scale = width > 0 ? static_cast<double>(bins) / width : 0;
    std::vector<double> values(kWidened);
    const auto count = [&](std::span<const std::byte> elements) -> Result<void> {
        while (!elements.empty()) {
            const std::size_t n = std::min(kWidened, elements.size() / part.elementBytes);
            const auto some = std::span(values).first(n);
            TRY_VOID(widenToDouble(composition.value, elements.first(n * part.elementBytes), some));
            elements = elements.subspan(n * part.elementBytes);
            for (const double value : some) {
                if (!(value >= low && value <= high)) continue;
                const auto bin = static_cast<std::size_t>((value / 2 - low / 2) * scale);
                ++histogram.counts[std::min(bin, bins - 1)];
            }
        }
        return {};
    };
    TRY_VOID(part.read(progress, count));
    return histogram;
}

}  // namespace plimsoll
