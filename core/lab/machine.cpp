// SPDX-License-Identifier: GPL-3.0-or-later
#include "lab/machine.h"

#include <sys/sysinfo.h>
#include <sys/utsname.h>

#include <ctime>
#include <fstream>
#include <thread>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "base/glob.h"

namespace plimsoll {

namespace {

std::string processorName() {
    std::ifstream info("/proc/cpuinfo");
    for (std::string line; std::getline(info, line);) {
        if (line.starts_with("model name")) {
            const auto colon = line.find(": ");
            if (colon != std::string::npos) return line.substr(colon + 2);
        }
    }
    return "unknown processor";
}

}  // namespace

std::string machineText() {
    utsname system{};
    ::uname(&system);
    struct sysinfo memory {};
    ::sysinfo(&memory);
    return fmt::format("{:%Y-%m-%d %H:%M} UTC; {}, {} processors, {} of memory; {} {}", fmt::gmtime(std::time(nullptr)),
                       processorName(), std::thread::hardware_concurrency(),
                       formatByteSize(std::uint64_t{memory.totalram} * memory.mem_unit), system.sysname,
                       system.release);
}

}  // namespace plimsoll
