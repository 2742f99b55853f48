// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "pickle/value.h"
#include "tensor/dtype.h"

namespace plimsoll {

// What stands before an array's bytes.
struct NpyHeader {
    std::uint64_t bytes = 0;  // magic, version, length and dict: where the data starts
    DType dtype = DType::Opaque;
    std::string descr;  // numpy's own name of the type ("<f4", "[('x', '<f4')]")
    std::uint64_t elementBytes = 0;
    bool bigEndian = false;
    bool isObject = false;  // a pickle instead of elements
    bool fortranOrder = false;
    std::vector<std::uint64_t> shape;
    Value dict;  // the header as it stands
};

[[nodiscard]] bool looksLikeNpy(std::span<const std::byte> bytes) noexcept;

// Bytes that readNpyHeader wants to see, at most, from the first 12 bytes of an array; 0 where those are no npy header.
[[nodiscard]] std::uint64_t npyHeaderBytes(std::span<const std::byte> first12) noexcept;

// Reads format versions 1.0, 2.0 and 3.0.
//   array   the array file from its magic on, at least the header; texts of the tree point into it
//   errors  Truncated, Corrupt, Unsupported (version), each with its file offset
[[nodiscard]] Result<NpyHeader> readNpyHeader(ValueTree& tree, std::span<const std::byte> array,
                                              std::uint64_t startOffset);

}  // namespace plimsoll
