// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "lab/device_peaks.h"

// What plimsoll-loader and its supervisor say to each other. The loader writes one JSON object a line to the report
// pipe; the supervisor answers Ready with "go\n" on the loader's stdin. After Done or Failed the loader keeps its
// memory until the supervisor ends it or closes that stdin.
namespace plimsoll::protocol {

inline constexpr int kVersion = 1;
inline constexpr std::string_view kGo = "go\n";
inline constexpr std::size_t kMaxLineBytes = 1U << 20U;

enum ExitCode : int { kDone = 0, kFailed = 1, kUsage = 2, kOutOfMemory = 12 };

// LibTorch is up (for CUDA: the context exists) and memory is at its baseline.
struct Ready {
    int version = kVersion;
    std::vector<std::string> notes;
};

// Times are nanoseconds of the steady clock, which both processes share.
struct PhaseStart {
    std::uint64_t ns = 0;
    std::string name;
};

struct DeviceSample {
    std::uint64_t ns = 0;
    std::uint64_t allocated = 0;
    std::uint64_t reserved = 0;
    std::uint64_t used = 0;
};

struct Done {
    std::uint64_t ns = 0;
    double seconds = 0;
    std::string checksum;
    std::uint64_t parameters = 0;  // names, as the modules have registered them
    std::uint64_t buffers = 0;
    std::uint64_t bytes = 0;
    std::uint64_t peakRss = 0;  // the loader's own VmHWM
    std::optional<DevicePeaks> device;
    std::vector<std::string> notes;
};

struct Failed {
    std::string what;
    bool outOfMemory = false;
    std::optional<DevicePeaks> device{};  // up to there
};

using Event = std::variant<Ready, PhaseStart, DeviceSample, Done, Failed>;

[[nodiscard]] std::uint64_t nowNs() noexcept;

// One line, '\n' included. Text that is not UTF-8 is replaced, never refused.
[[nodiscard]] std::string formatEvent(const Event& event);
// Corrupt for anything that formatEvent does not write; the message quotes the line's start.
[[nodiscard]] Result<Event> parseEvent(std::string_view line);

// Answer to --probe.
struct Probe {
    std::string torch;
    bool cuda = false;
    std::vector<std::string> devices;
    std::vector<std::uint64_t> deviceBytes;  // memory of each, 0 for cpu
    std::vector<std::string> strategies;
    std::string noCuda;  // why there is none of it, in words
};
[[nodiscard]] std::string formatProbe(const Probe& probe);
[[nodiscard]] Result<Probe> parseProbe(std::string_view text);

}  // namespace plimsoll::protocol
