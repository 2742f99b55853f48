// SPDX-License-Identifier: GPL-3.0-or-later
#include "memory/process_io.h"

#include <fstream>
#include <string>

namespace plimsoll {

std::optional<std::uint64_t> diskReadBytes(pid_t pid) {
    std::ifstream io("/proc/" + std::to_string(pid) + "/io");
    std::string key;
    std::uint64_t value = 0;
    while (io >> key >> value)
        if (key == "read_bytes:") return value;
    return std::nullopt;
}

}  // namespace plimsoll
