// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace plimsoll {

// Several reads of one file at once, by io_uring. One thread.
class ReadRing {
public:
    // Null where this build has no liburing or the kernel refuses.
    [[nodiscard]] static std::unique_ptr<ReadRing> create();
    ReadRing(const ReadRing&) = delete;
    ReadRing& operator=(const ReadRing&) = delete;
    ~ReadRing();

    // Fills `out` from `offset`, in requests that are under way together. False where any of them failed or came short;
    // none is under way any more then. `alignment`: requests are cut at multiples of it.
    [[nodiscard]] bool read(int fd, std::uint64_t offset, std::span<std::byte> out, std::size_t alignment);

private:
    struct State;
    explicit ReadRing(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace plimsoll
