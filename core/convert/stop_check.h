// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <stop_token>

namespace plimsoll {

// Asked at every step of a loop over tensors: a look at the token costs more than most steps. The token must outlive
// it.
class StopCheck {
public:
    explicit StopCheck(const std::stop_token& stop) : stop_(stop) {}

    // Looks at the first step and at every 4096th from there.
    [[nodiscard]] bool stopped() { return (steps_++ & 0xFFFU) == 0 && stop_.stop_requested(); }

private:
    const std::stop_token& stop_;
    std::uint32_t steps_ = 0;
};

}  // namespace plimsoll
