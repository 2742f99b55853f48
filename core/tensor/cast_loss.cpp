// SPDX-License-Identifier: GPL-3.0-or-later
#include "tensor/cast_loss.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>

#include "tensor/cast.h"
#include "tensor/float_range.h"
#include "tensor/loss_kernels.h"

namespace plimsoll {

namespace {

// Small enough that both sides stay in the first-level cache.
constexpr std::size_t kBlock = 1024;

// How far a cast takes a value that does not overflow. Integers: 1, as they are cut off.
double largestError(DType to) noexcept {
    if (to == DType::F64) return std::numeric_limits<double>::max();  // nothing overflows
    if (to == DType::I64 || to == DType::U64) return 0x1p10;          // of the double that 64 bits are compared as
    return isFloating(to) ? floatRange(to).largestError : 1;
}

// f64 goes through f32 to narrower floats: what that puts on a tie is off by up to an f32 rounding more.
double largestError(DType from, DType to) noexcept {
    const bool twice = from == DType::F64 && isFloating(to) && bitWidth(to) < 32;
    return twice ? largestError(to) * (1 + 0x1p-12) : largestError(to);
}

template <class T>
Result<void> addBlocks(DType wide, DType from, std::span<const std::byte> src, DType to, std::span<const std::byte> dst,
                       CastLoss& loss) {
    const auto fromSize = bitWidth(from) / 8;
    const auto toSize = bitWidth(to) / 8;
    std::array<T, kBlock> before;
    std::array<T, kBlock> after;
    const auto n = src.size() / fromSize;
    for (std::size_t i = 0; i < n; i += kBlock) {
        const auto count = std::min(kBlock, n - i);
        TRY_VOID(castElements(from, src.subspan(i * fromSize, count * fromSize), wide,
                              std::as_writable_bytes(std::span(before).first(count))));
        TRY_VOID(castElements(to, dst.subspan(i * toSize, count * toSize), wide,
                              std::as_writable_bytes(std::span(after).first(count))));
        kernels::addLoss(before.data(), after.data(), count, static_cast<T>(largestError(from, to)), loss);
    }
    return {};
}

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
    // Both sides in a type that holds them exactly: floats for small ones, which is twice as fast.
    const bool small = isFloating(from) && from != DType::F64 && isFloating(to) && to != DType::F64;
    TRY_VOID(small ? addBlocks<float>(DType::F32, from, src, to, dst, loss)
                   : addBlocks<double>(DType::F64, from, src, to, dst, loss));
    const auto n = src.size() / fromSize;
    loss.count += n;
    return {};
}

}  // namespace plimsoll
