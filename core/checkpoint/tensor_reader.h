// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stop_token>

#include "base/result.h"
#include "checkpoint/checkpoint.h"

namespace plimsoll {

class ReadAhead;

// Reads tensor bytes with positional reads, in bounded memory. A storage's local zip header is checked when it is first
// read. Deflated storages are inflated as a stream: ascending reads are fast, going back starts anew.
// One reader per thread.
class TensorReader {
public:
    // `stop` ends a request to a server that is under way; between two calls the caller looks at it.
    // `ahead` has what was announced of raw storages; all else is read through the page cache.
    explicit TensorReader(std::shared_ptr<const Checkpoint> checkpoint, std::stop_token stop = {},
                          ReadAhead* ahead = nullptr);
    ~TensorReader();
    TensorReader(const TensorReader&) = delete;
    TensorReader& operator=(const TensorReader&) = delete;
    TensorReader(TensorReader&&) noexcept;
    TensorReader& operator=(TensorReader&&) noexcept;

    // Fills `out` with bytes [offset, offset + out.size()) of the storage, as the file has them (file byte order).
    [[nodiscard]] Result<void> readStorage(StorageId id, std::uint64_t offset, std::span<std::byte> out);

    // Fills `out` with logical elements firstElement.. of the tensor in row-major order, little-endian; strided views
    // are gathered, lazy ones conjugated and negated. out.size() is a multiple of the element size. For packed and
    // Opaque dtypes an element is a byte.
    //   errors  OutOfBounds beyond the tensor's end; Io, Truncated, Corrupt from the file
    [[nodiscard]] Result<void> readElements(TensorId id, std::uint64_t firstElement, std::span<std::byte> out);

    // The same in elements of valueType(dtype): ggml's block types as f32, all others as readElements gives them.
    [[nodiscard]] Result<void> readValues(TensorId id, std::uint64_t firstElement, std::span<std::byte> out);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace plimsoll
