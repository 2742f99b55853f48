// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/read_ring.h"

#include <utility>

#ifdef PLIMSOLL_HAVE_URING

#include <liburing.h>

#include <algorithm>
#include <cerrno>
#include <exception>

namespace plimsoll {

namespace {

constexpr unsigned kDepth = 8;

}  // namespace

struct ReadRing::State {
    io_uring ring{};
    bool broken = false;
};

std::unique_ptr<ReadRing> ReadRing::create() {
    auto state = std::make_unique<State>();
    if (io_uring_queue_init(kDepth, &state->ring, 0) != 0) return nullptr;
    return std::unique_ptr<ReadRing>(new ReadRing(std::move(state)));
}

ReadRing::ReadRing(std::unique_ptr<State> state) : state_(std::move(state)) {}

ReadRing::~ReadRing() {
    io_uring_queue_exit(&state_->ring);
}

bool ReadRing::read(int fd, std::uint64_t offset, std::span<std::byte> out, std::size_t alignment) {
    if (state_->broken) return false;
    io_uring& ring = state_->ring;
    std::size_t part = (out.size() + kDepth - 1) / kDepth;
    part = (part + alignment - 1) / alignment * alignment;
    unsigned underWay = 0;
    for (std::size_t at = 0; at < out.size(); at += part) {
        io_uring_sqe* request = io_uring_get_sqe(&ring);
        if (request == nullptr) break;  // as many as fit are prepared, by the size of a part
        const auto bytes = std::min(part, out.size() - at);
        io_uring_prep_read(request, fd, out.data() + at, static_cast<unsigned>(bytes), offset + at);
        request->user_data = bytes;
        ++underWay;
    }
    const int submitted = io_uring_submit(&ring);
    bool whole = submitted == static_cast<int>(underWay);
    // What the kernel did not take stays in the queue: this ring is of no more use.
    state_->broken = !whole;
    underWay = submitted > 0 ? static_cast<unsigned>(submitted) : 0;
    while (underWay > 0) {
        io_uring_cqe* done = nullptr;
        const int error = io_uring_wait_cqe(&ring, &done);
        if (error == -EINTR) continue;
        if (error != 0) std::terminate();  // reads into memory that the caller may free cannot be left alone
        whole = whole && done->res >= 0 && static_cast<std::uint64_t>(done->res) == done->user_data;
        io_uring_cqe_seen(&ring, done);
        --underWay;
    }
    return whole;
}

}  // namespace plimsoll

#else

namespace plimsoll {

struct ReadRing::State {};

std::unique_ptr<ReadRing> ReadRing::create() {
    return nullptr;
}

ReadRing::ReadRing(std::unique_ptr<State> state) : state_(std::move(state)) {}

ReadRing::~ReadRing() = default;

bool ReadRing::read(int, std::uint64_t, std::span<std::byte>, std::size_t) {
    return false;
}

}  // namespace plimsoll

#endif
