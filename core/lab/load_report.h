// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lab/supervisor.h"

namespace plimsoll {

// Load tests of one checkpoint on one device: what is shown, saved and opened again.
struct LoadReport {
    std::string path;
    std::string device;
    std::uint64_t modelBytes = 0;  // each distinct tensor once, as the file has it
    std::vector<LoadRun> runs;
    std::string machine{};  // where and when it was measured, in words
};

}  // namespace plimsoll
