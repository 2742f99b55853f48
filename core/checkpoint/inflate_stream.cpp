// SPDX-License-Identifier: GPL-3.0-or-later
#include "checkpoint/inflate_stream.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <zlib.h>

#include "base/checked.h"

namespace plimsoll {

namespace {
constexpr std::size_t kInputBytes = std::size_t{64} * 1024;
constexpr std::size_t kRemoteInputBytes = std::size_t{1024} * 1024;  // a request each
constexpr std::size_t kSkipBytes = std::size_t{64} * 1024;
}  // namespace

struct InflateStream::State {
    z_stream zlib{};
    bool open = false;
    bool ended = false;
    std::vector<std::byte> input;

    explicit State(std::size_t inputBytes) : input(inputBytes) {}
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State() {
        if (open) inflateEnd(&zlib);
    }
};

InflateStream::InflateStream(const InputFile& file, std::uint64_t offset, std::uint64_t storedBytes,
                             std::uint64_t bytes, std::stop_token stop)
    : file_(file), offset_(offset), storedBytes_(storedBytes), bytes_(bytes), stop_(std::move(stop)) {}

InflateStream::~InflateStream() = default;

Result<void> InflateStream::restart() {
    if (!state_) state_ = std::make_unique<State>(file_.remote() != nullptr ? kRemoteInputBytes : kInputBytes);
    State& state = *state_;
    // -15: a raw deflate stream, as zip members hold it, with the largest window.
    const int status = state.open ? inflateReset(&state.zlib) : inflateInit2(&state.zlib, -15);
    if (status != Z_OK) return fail(Errc::Io, fmt::format("zlib cannot start: status {}", status));
    state.open = true;
    state.ended = false;
    state.zlib.avail_in = 0;
    consumed_ = 0;
    position_ = 0;
    return {};
}

Result<void> InflateStream::refill() {
    State& state = *state_;
    const std::uint64_t left = storedBytes_ - consumed_;
    if (left == 0)
        return fail(Errc::Truncated, fmt::format("the deflated record ends after {} of {} bytes", position_, bytes_),
                    offset_ + consumed_);
    const auto chunk =
        std::span(state.input).first(static_cast<std::size_t>(std::min<std::uint64_t>(left, state.input.size())));
    TRY_VOID(file_.readAt(offset_ + consumed_, chunk, stop_));
    consumed_ += chunk.size();
    state.zlib.next_in = reinterpret_cast<Bytef*>(chunk.data());
    state.zlib.avail_in = static_cast<uInt>(chunk.size());
    return {};
}

Result<void> InflateStream::inflateNext(std::span<std::byte> out) {
    State& state = *state_;
    while (!out.empty()) {
        if (state.ended) {
            return fail(Errc::Truncated,
                        fmt::format("the deflated record holds {} bytes, {} were announced", position_, bytes_),
                        offset_ + consumed_);
        }
        if (state.zlib.avail_in == 0) TRY_VOID(refill());
        const auto piece = out.first(std::min<std::size_t>(out.size(), 1U << 30U));
        state.zlib.next_out = reinterpret_cast<Bytef*>(piece.data());
        state.zlib.avail_out = static_cast<uInt>(piece.size());
        const int status = inflate(&state.zlib, Z_NO_FLUSH);
        const std::size_t made = piece.size() - state.zlib.avail_out;
        position_ += made;
        out = out.subspan(made);
        if (status == Z_STREAM_END) {
            state.ended = true;
        } else if (status != Z_OK && status != Z_BUF_ERROR) {
            return fail(Errc::Corrupt,
                        fmt::format("the deflated record breaks after {} of {} bytes: {}", position_, bytes_,
                                    state.zlib.msg != nullptr ? state.zlib.msg : "zlib gives no reason"),
                        offset_ + consumed_ - state.zlib.avail_in);
        }
    }
    return {};
}

Result<void> InflateStream::readAt(std::uint64_t position, std::span<std::byte> out) {
    if (!fitsWithin(position, out.size(), bytes_))
        return fail(Errc::OutOfBounds,
                    fmt::format("bytes {} to {} of a record of {} bytes", position, position + out.size(), bytes_));
    if (!state_ || position < position_) TRY_VOID(restart());
    std::vector<std::byte> skipped(static_cast<std::size_t>(std::min<std::uint64_t>(position - position_, kSkipBytes)));
    while (position_ < position) {
        const auto step = std::min<std::uint64_t>(position - position_, skipped.size());
        TRY_VOID(inflateNext(std::span(skipped).first(static_cast<std::size_t>(step))));
    }
    return inflateNext(out);
}

}  // namespace plimsoll
