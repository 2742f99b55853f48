// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace plimsoll {

// Walks the elements of a strided view in row-major order and says where each row of it lies.
class StridedWalk {
public:
    // Starts at logical element `first` (row-major) of a view whose element [0,...] is storage element `origin`.
    // The view was validated: every element lies in its storage, no dimension is 0.
    StridedWalk(std::span<const std::uint64_t> shape, std::span<const std::int64_t> strideElems, std::uint64_t origin,
                std::uint64_t first);

    struct Run {
        std::uint64_t element;     // storage element of the run's first element
        std::uint64_t count;       // elements left in this innermost row
        std::int64_t strideElems;  // between them
    };
    [[nodiscard]] Run run() const noexcept;
    // Moves on by n <= run().count elements.
    void advance(std::uint64_t n) noexcept;

private:
    std::span<const std::uint64_t> shape_;
    std::span<const std::int64_t> stride_;
    std::vector<std::uint64_t> index_;
    std::uint64_t element_;
};

// Copies logical elements from `first` on into `out` (whole elements of `elementBytes`).
//   storage  the decoded bytes of the whole storage
void gatherElements(std::span<const std::byte> storage, std::size_t elementBytes, std::span<const std::uint64_t> shape,
                    std::span<const std::int64_t> strideElems, std::uint64_t origin, std::uint64_t first,
                    std::span<std::byte> out);

}  // namespace plimsoll
