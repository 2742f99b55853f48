// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
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

    struct Sizes {
        std::array<std::int64_t, kMostDims> numbers{};
        std::size_t count = 0;
    };
    std::uint64_t callable = 0;  // memo indices
    std::uint64_t tag = 0;
    std::uint64_t type = 0;
    std::uint64_t location = 0;
    std::uint64_t hooks = 0;
    std::string_view key;
    std::int64_t count = 0;
    std::int64_t offset = 0;
    Sizes size;
    Sizes stride;
    bool requiresGrad = false;
    std::array<std::uint64_t, kMostPuts> stored{};  // memo indices
    std::size_t puts = 0;
    std::size_t bytes = 0;  // of the whole run
};

// The run, where these bytes start with one; nothing for anything else, however alike.
//   callable  the memo index that the BINGET before `bytes` names
[[nodiscard]] std::optional<TensorRun> matchTensorRun(std::span<const std::byte> bytes, std::uint64_t callable);

}  // namespace plimsoll
