// SPDX-License-Identifier: GPL-3.0-or-later
#include "checkpoint/slice.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string>

#include <fmt/format.h>

namespace plimsoll {

namespace {

constexpr std::uint64_t kBlockBytes = std::uint64_t{1} << 20U;

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    for (;;) {
        const auto at = text.find(separator);
        parts.push_back(text.substr(0, at));
        if (at == std::string_view::npos) return parts;
        text.remove_prefix(at + 1);
    }
}

Result<std::int64_t> parseIndex(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size())
        return fail(Errc::Usage,
                    fmt::format("'{}' is not a number; expected start:stop, start:stop:step or an index", text));
    return value;
}

// A bound of a range as Python clamps it: negative counts from the end, what is outside moves to the edge.
std::uint64_t clampBound(std::int64_t bound, std::uint64_t size) {
    if (bound >= 0) return std::min(static_cast<std::uint64_t>(bound), size);
    const std::uint64_t fromEnd = 0 - static_cast<std::uint64_t>(bound);
    return fromEnd > size ? 0 : size - fromEnd;
}

Result<DimSlice> parseSingle(std::string_view text, std::uint64_t size) {
    TRY(const std::int64_t index, parseIndex(text));
    const std::uint64_t fromEnd = index < 0 ? 0 - static_cast<std::uint64_t>(index) : 0;
    const bool outside = index < 0 ? fromEnd > size : static_cast<std::uint64_t>(index) >= size;
    if (outside) return fail(Errc::Usage, fmt::format("index {} is outside a dimension of {}", index, size));
    return DimSlice{clampBound(index, size), 1, 1, false};
}

Result<DimSlice> parseDim(std::string_view text, std::uint64_t size) {
    const auto parts = split(text, ':');
    if (parts.size() == 1) return parseSingle(text, size);
    if (parts.size() > 3) return fail(Errc::Usage, fmt::format("'{}' has more than start:stop:step", text));
    std::array<std::int64_t, 3> numbers{0, 0, 1};
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (parts[i].empty()) continue;
        TRY(numbers.at(i), parseIndex(parts[i]));
    }
    const auto [start, stop, step] = numbers;
    if (step < 1) return fail(Errc::Usage, fmt::format("'{}': the step must be 1 or more", text));
    const std::uint64_t first = clampBound(start, size);
    const std::uint64_t end = parts[1].empty() ? size : clampBound(stop, size);
    const auto stride = static_cast<std::uint64_t>(step);
    return DimSlice{first, end > first ? (end - first - 1) / stride + 1 : 0, stride, true};
}

}  // namespace

Result<Slice> Slice::parse(std::string_view text, std::span<const std::uint64_t> shape) {
    std::vector<std::string_view> parts;
    if (!text.empty()) parts = split(text, ',');
    const auto dots = std::find(parts.begin(), parts.end(), "...");
    const std::size_t given = parts.size() - (dots == parts.end() ? 0 : 1);
    if (given > shape.size())
        return fail(Errc::Usage, fmt::format("'{}' has {} dimensions, the tensor has {}", text, given, shape.size()));
    const std::size_t fill = shape.size() - given;
    if (dots == parts.end()) {
        parts.insert(parts.end(), fill, ":");
    } else {
        parts.insert(parts.erase(dots), fill, ":");
    }
    Slice slice;
    slice.tensorShape_.assign(shape.begin(), shape.end());
    for (std::size_t d = 0; d < shape.size(); ++d) {
        TRY(const DimSlice dim, parseDim(parts[d], shape[d]));
        slice.dims_.push_back(dim);
    }
    return slice;
}

Slice Slice::whole(std::span<const std::uint64_t> shape) {
    Slice slice;
    slice.tensorShape_.assign(shape.begin(), shape.end());
    for (const std::uint64_t size : shape) slice.dims_.push_back({0, size, 1, true});
    return slice;
}

std::vector<std::uint64_t> Slice::shape() const {
    std::vector<std::uint64_t> shape;
    for (const DimSlice& dim : dims_)
        if (dim.keep) shape.push_back(dim.count);
    return shape;
}

std::uint64_t Slice::elements() const noexcept {
    std::uint64_t count = 1;
    for (const DimSlice& dim : dims_) count *= dim.count;
    return count;
}

std::uint64_t Slice::elementIndex(std::span<const std::uint64_t> position) const noexcept {
    std::uint64_t index = 0;
    for (std::size_t d = 0; d < dims_.size(); ++d)
        index = index * tensorShape_[d] + dims_[d].start + position[d] * dims_[d].step;
    return index;
}

Result<void> Slice::read(TensorReader& reader, TensorId tensor, std::size_t elementBytes, const Visit& visit) const {
    if (elements() == 0) return {};
    // The dimensions from `inner` on are one run of elements, `step` apart.
    std::size_t inner = dims_.size();
    std::uint64_t runLength = 1;
    std::uint64_t step = 1;
    if (!dims_.empty() && dims_.back().step > 1) {
        runLength = dims_[--inner].count;
        step = dims_[inner].step;
    } else {
        while (inner > 0 && dims_[inner - 1].step == 1) {
            runLength *= dims_[--inner].count;
            if (dims_[inner].count != tensorShape_[inner]) break;
        }
    }
    const std::uint64_t perBlock = std::max<std::uint64_t>(1, kBlockBytes / elementBytes / step);
    std::vector<std::byte> block;
    std::vector<std::uint64_t> position(dims_.size(), 0);
    for (;;) {
        const std::uint64_t base = elementIndex(position);
        for (std::uint64_t done = 0; done < runLength;) {
            const std::uint64_t count = std::min(perBlock, runLength - done);
            block.resize(((count - 1) * step + 1) * elementBytes);
            TRY_VOID(reader.readValues(tensor, base + done * step, block));
            for (std::uint64_t i = 1; step > 1 && i < count; ++i)
                std::copy_n(&block[i * step * elementBytes], elementBytes, &block[i * elementBytes]);
            TRY_VOID(visit(std::span(block).first(count * elementBytes)));
            done += count;
        }
        std::size_t d = inner;
        while (d > 0 && ++position[d - 1] == dims_[d - 1].count) position[--d] = 0;
        if (d == 0) return {};
    }
}

}  // namespace plimsoll
