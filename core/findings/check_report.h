// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "checkpoint/checkpoint.h"
#include "findings/finding.h"
#include "io/read_options.h"

namespace plimsoll {

struct CheckOptions {
    bool deep = false;     // also reads every tensor: NaN, infinities, all zero, constant
    unsigned threads = 0;  // 0: all cores
    ReadOptions read = {};
};

// A check that could not be done. Never counts as passed.
struct NotChecked {
    Place place;
    std::string what;  // "the CRC-32 of the record"
    std::string why;   // "it is encrypted"
};

// What checking a checkpoint told.
struct CheckReport {
    std::string path;
    std::string content;  // the format's name, or what the file looks like
    std::vector<std::string> files;
    std::vector<std::string> done;  // in words: "the CRC-32 of 148 records", "the values of 148 tensors"
    std::vector<NotChecked> notDone;
    std::vector<Finding> findings;
    std::uint64_t bytesRead = 0;

    // Nothing above a note was found, and everything was checked.
    [[nodiscard]] bool sound() const noexcept;
};

}  // namespace plimsoll
