// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/result.h"
#include "lab/protocol.h"

// What plimsoll-loader does, without a word of LibTorch: its program compiles in a second.
namespace plimsoll::session {

struct Request {
    std::string path;
    std::string strategy;
    std::string device;
    std::string dtype;              // short name; empty: as stored
    std::string tensorFiles;        // per-tensor: the directory
    std::uint64_t deviceLimit = 0;  // bytes of the device that may be used; 0: all
};

struct Outcome {
    std::optional<protocol::Done> done;  // else:
    std::string error;
    bool outOfMemory = false;
    std::optional<DevicePeaks> device;  // up to there
};

// Called from several threads, one at a time.
using Report = std::function<void(const protocol::Event&)>;

[[nodiscard]] protocol::Probe probe();

// Sees that strategy and device exist and makes the device ready; the notes of Ready.
[[nodiscard]] Result<std::vector<std::string>> prepare(const Request& request);

// Opens the checkpoint, runs the strategy, and verifies what the model holds. Model and mapped file stay in memory for
// good: the process is about to end, and its last sample shall show them.
[[nodiscard]] Outcome run(const Request& request, const Report& report);

}  // namespace plimsoll::session
