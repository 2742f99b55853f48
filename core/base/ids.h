// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <compare>
#include <cstdint>

namespace plimsoll {

// An index into one table; ids of different tables do not convert into each other.
template <class Tag>
struct Id {
    static constexpr std::uint32_t kNone = ~std::uint32_t{0};

    std::uint32_t value = kNone;

    constexpr Id() = default;
    explicit constexpr Id(std::uint32_t v) : value(v) {}
    [[nodiscard]] constexpr bool valid() const noexcept { return value != kNone; }
    [[nodiscard]] constexpr std::uint32_t index() const noexcept { return value; }
    friend constexpr auto operator<=>(Id, Id) = default;
};

using TensorId = Id<struct TensorTag>;    // row of TensorTable
using StorageId = Id<struct StorageTag>;  // row of TensorTable::storages
using FileId = Id<struct FileTag>;        // index into Checkpoint::files
using NodeId = Id<struct NodeTag>;        // node of NameTree

}  // namespace plimsoll
