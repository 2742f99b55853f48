// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace plimsoll {

// The 32 opcodes that torch.save writes for every tensor but the first of a kind: names come from the memo, and all
// that differs is the storage's key, numbers and memo indices.
//   get CALLABLE, MARK, MARK, get TAG, get TYPE, text KEY, get LOCATION, int COUNT, TUPLE, BINPERSID,
//   int OFFSET, tuple SIZE, tuple STRIDE, bool GRAD, get HOOKS, EMPTY_TUPLE, REDUCE, TUPLE, REDUCE
// with a PUT after the text and after everything that is made.
struct TensorRun {
    static constexpr std::size_t kMostDims = 3;  // more have a tuple of another form
    static constexpr std::size_t kMostPuts = 8;
    static constexpr std::size_t kMostKeyBytes = 32;  // torch's keys are numbers

    struct Sizes {
        std::array<std::int64_t, kMostDims> numbers;  // `count` of them
        std::size_t count;

        [[nodiscard]] bool isNatural() const noexcept {
            return std::all_of(numbers.data(), numbers.data() + count, [](std::int64_t n) { return n >= 0; });
        }
    };
    std::uint32_t tag;  // memo indices
    std::uint32_t type;
    std::uint32_t location;
    std::uint32_t hooks;
    std::string_view key;
    std::int64_t count;
    std::int64_t offset;
    Sizes size;
    Sizes stride;
    bool requiresGrad;
    std::array<std::uint32_t, kMostPuts> stored;  // memo indices
    std::size_t puts;
    std::size_t keyAt;  // of the key's text, from the run's start
    std::size_t keyBytes;
    std::size_t bytes;  // of the whole run
};

// True where these bytes start with a run, the BINGET of its callable apart, which lies before them; false for
// anything else, however alike: `run` is undefined then.
[[nodiscard]] bool matchTensorRun(std::span<const std::byte> bytes, TensorRun& run);

}  // namespace plimsoll
