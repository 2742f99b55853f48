// SPDX-License-Identifier: GPL-3.0-or-later
#include "tensor/cast_loss.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "tensor/cast.h"

namespace plimsoll {

namespace {

// Small enough that both sides stay in the first-level cache.
constexpr std::size_t kBlock = 1024;

}  // namespace

void CastLoss::merge(const CastLoss& other) noexcept {
    count += other.count;
    nan += other.nan;
    overflow += other.overflow;
    underflow += other.underflow;
    finite += other.finite;
    maxAbs = std::max(maxAbs, other.maxAbs);
    maxRel = std::max(maxRel, other.maxRel);
    sumSquares += other.sumSquares;
}

double CastLoss::rms() const noexcept {
    return finite == 0 ? 0 : std::sqrt(sumSquares / static_cast<double>(finite));
}

Result<void> addCastLoss(DType from, std::span<const std::byte> src, DType to, std::span<const std::byte> dst,
                         CastLoss& loss) {
    const auto fromSize = bitWidth(from) / 8;
    const auto toSize = bitWidth(to) / 8;
    if (fromSize == 0 || toSize == 0 || src.size() / fromSize != dst.size() / toSize)
        return fail(Errc::OutOfBounds, std::to_string(src.size()) + " bytes do not match " +
                                           std::to_string(dst.size()) + " bytes after the cast");
    std::array<double, kBlock> before{};
    std::array<double, kBlock> after{};
    const auto n = src.size() / fromSize;
    for (std::size_t i = 0; i < n; i += kBlock) {
        const auto count = std::min(kBlock, n - i);
        TRY_VOID(castElements(from, src.subspan(i * fromSize, count * fromSize), DType::F64,
                              std::as_writable_bytes(std::span(before).first(count))));
        TRY_VOID(castElements(to, dst.subspan(i * toSize, count * toSize), DType::F64,
                              std::as_writable_bytes(std::span(after).first(count))));
        for (std::size_t k = 0; k < count; ++k) {
            const double x = before[k];
            const double y = after[k];
            if (std::isnan(x)) {
                ++loss.nan;
                continue;
            }
            if (std::isinf(x)) continue;
            if (!std::isfinite(y)) {
                ++loss.overflow;
                continue;
            }
            if (y == 0 && x != 0) ++loss.underflow;
            const double error = std::abs(y - x);
            ++loss.finite;
            loss.maxAbs = std::max(loss.maxAbs, error);
            if (x != 0) loss.maxRel = std::max(loss.maxRel, error / std::abs(x));
            loss.sumSquares += error * error;
        }
    }
    loss.count += n;
    return {};
}

}  // namespace plimsoll
