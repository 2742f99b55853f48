// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "checkpoint/checkpoint.h"
#include "lab/comparison.h"
#include "memory/predict.h"

namespace plimsoll {

struct StrategyPrediction {
    std::string strategy;
    std::optional<DType> dtype;  // to which it casts
    Prediction prediction;
    FitVerdict verdict;
};

// "64.5 MiB", or "<= 64.5 MiB" where a load may well take less; and why, in words.
[[nodiscard]] std::string hostAnonText(const Prediction& prediction);
inline constexpr std::string_view kUpperBoundWords =
    "<= is at most: of the buffers that are counted, what the page cache has already and small tensors need few or "
    "none";

// How far off a prediction is, in percent of what was measured, which is nothing where it is 0.
[[nodiscard]] std::optional<double> errorPercent(std::uint64_t predicted, double measured) noexcept;
// The same of hostAnon; nothing too where it is a bound and holds.
[[nodiscard]] std::optional<double> hostErrorPercent(const Prediction& prediction, double measured) noexcept;

// What each strategy of a comparison will need, and whether it fits; nothing is run.
[[nodiscard]] std::vector<StrategyPrediction> predictLoads(const Checkpoint& checkpoint, const Comparison& comparison,
                                                           const Room& room);

// The document of loadReportJson for loads that were not made: "runs" with "predicted", "needs" and "fits" (null where
// the sizes are not known), everything that is measured null or empty.
[[nodiscard]] std::string predictionsJson(const Checkpoint& checkpoint, std::string_view device, const Room& room,
                                          const std::vector<StrategyPrediction>& predictions);

}  // namespace plimsoll
