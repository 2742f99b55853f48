// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "tensor/dtype.h"

namespace plimsoll {

// One box of a tensor, and where its elements lie. Vectors have an entry per dimension of the tensor.
struct TensorChunk {
    std::vector<std::uint64_t> start;       // of its first element, in the tensor
    std::vector<std::uint64_t> shape;       // none is 0
    std::vector<std::int64_t> strideElems;  // in its storage
    FileId file;
    std::uint64_t offset = 0;       // of its storage, in the file
    std::uint64_t bytes = 0;        // of its storage
    std::uint64_t originElems = 0;  // of its first element, in its storage
    bool bigEndian = false;
};

// What a storage of encoding Chunked consists of: the elements of one tensor in row-major order, put together from
// boxes that lie in several places.
struct ChunkedTensor {
    DType dtype = DType::F32;
    std::vector<std::uint64_t> shape;
    std::vector<TensorChunk> chunks;
};

// Checks meaning: the dtype has whole bytes, each chunk lies within the tensor and its elements within its storage, no
// two overlap, none is missing. Time O(n * chunks that start at the same row), at most `kChunkComparisons`.
//   errors  Corrupt, OutOfBounds, Overflow, OverLimit
[[nodiscard]] Result<void> checkChunks(const ChunkedTensor& tensor);
inline constexpr std::uint64_t kChunkComparisons = 50'000'000;

// A run of elements that lie one after the other in the tensor and, in row-major order, in a chunk.
struct ChunkRun {
    const TensorChunk* chunk = nullptr;
    std::uint64_t first = 0;   // logical element of the chunk
    std::uint64_t target = 0;  // element of the tensor
    std::uint64_t count = 0;
};

// Calls `visit` for every run that meets elements [first, first + count) of the tensor, cut to that range.
// Time O(chunks * log(rows) + runs). Stops at the first error, which it returns.
[[nodiscard]] Result<void> forEachRun(const ChunkedTensor& tensor, std::uint64_t first, std::uint64_t count,
                                      const std::function<Result<void>(const ChunkRun&)>& visit);

}  // namespace plimsoll
