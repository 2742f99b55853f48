// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stop_token>

#include "base/result.h"
#include "io/input_file.h"

namespace plimsoll {

// The content of one deflated zip member as a stream, in bounded memory (a buffer for what is stored, and zlib's). One
// thread.
class InflateStream {
public:
    // `file` must outlive the stream. [offset, offset + storedBytes) holds raw deflate data of `bytes` bytes.
    InflateStream(const InputFile& file, std::uint64_t offset, std::uint64_t storedBytes, std::uint64_t bytes,
                  std::stop_token stop = {});
    ~InflateStream();
    InflateStream(const InflateStream&) = delete;
    InflateStream& operator=(const InflateStream&) = delete;

    // Fills `out` with the content from `position` on. Going back starts anew, going forward skips.
    //   errors  OutOfBounds, Io, Truncated, Corrupt (with the file offset that inflating had reached)
    [[nodiscard]] Result<void> readAt(std::uint64_t position, std::span<std::byte> out);

private:
    struct State;

    [[nodiscard]] Result<void> restart();
    [[nodiscard]] Result<void> inflateNext(std::span<std::byte> out);
    [[nodiscard]] Result<void> refill();

    const InputFile& file_;
    std::uint64_t offset_;
    std::uint64_t storedBytes_;
    std::uint64_t bytes_;
    std::stop_token stop_;
    std::uint64_t consumed_ = 0;  // stored bytes handed to zlib
    std::uint64_t position_ = 0;  // content bytes that came out
    std::unique_ptr<State> state_;
};

}  // namespace plimsoll
