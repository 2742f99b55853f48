// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace plimsoll {

// One point of a memory curve; bytes, seconds since the curve's start.
struct TimelinePoint {
    double seconds = 0;
    std::uint64_t rss = 0;
    std::uint64_t anon = 0;
    std::uint64_t file = 0;
    std::uint64_t shmem = 0;
    std::uint64_t deviceAllocated = 0;
    std::uint64_t deviceReserved = 0;
    std::uint64_t deviceUsed = 0;  // whole device, cudaMemGetInfo
    std::uint64_t swap = 0;
    std::uint64_t diskRead = 0;  // since the curve's start
};

// A named span of a curve ("open", "build", "read", "copy", "verify"); end < 0 while it lasts.
struct Phase {
    std::string name;
    double start = 0;
    double end = -1;
};

struct Timeline {
    std::vector<TimelinePoint> points;
    std::vector<Phase> phases;
};

}  // namespace plimsoll
