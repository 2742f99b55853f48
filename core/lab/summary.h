// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "lab/load_report.h"

namespace plimsoll {

// The middle of several measurements and how far they lie apart.
struct Spread {
    double median = 0;
    double low = 0;
    double high = 0;
};

// What a run was asked to run under: figures of others are of another thing.
struct Conditions {
    std::optional<DType> dtype;  // to which the strategy casts
    CacheState cache = CacheState::AsIs;
    std::optional<std::uint64_t> hostLimit;
    std::optional<std::uint64_t> deviceLimit;
    friend bool operator==(const Conditions&, const Conditions&) = default;
};

// "cold cache, host limit 572 MiB": without the type; empty where nothing was asked for.
[[nodiscard]] std::string conditionsText(const Conditions& conditions);

[[nodiscard]] Conditions conditionsOf(const LoadRun& run);

// A strategy under these conditions: its name, and where the report has it under others too, what tells them apart:
// "streamed to bf16, cold cache".
[[nodiscard]] std::string nameOf(const LoadReport& report, const std::string& strategy, const Conditions& conditions);

// All rounds of one strategy under the same conditions. Figures are of the runs that came to their end.
struct StrategySummary {
    std::string strategy;
    Conditions conditions;
    std::size_t runs = 0;    // without those that were cancelled
    std::size_t loaded = 0;  // of them, verified
    std::string failure;     // what the first run that failed said
    Spread seconds;
    Spread anon;  // bytes above the loader's own, as all that follow
    Spread file;
    Spread kernelPeak;
    std::optional<Spread> deviceAllocated;
    std::optional<Spread> deviceReserved;
    std::optional<Spread> deviceUsed;  // the whole device, with the CUDA context and other programs
    std::optional<Spread> diskRead;
    std::optional<Prediction> predicted;
};

// In the order in which the strategies first ran so.
[[nodiscard]] std::vector<StrategySummary> summarize(const LoadReport& report);

}  // namespace plimsoll
