// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "checkpoint/checkpoint.h"
#include "lab/load_report.h"

namespace plimsoll {

// Bytes that the checkpoint's tensors take when each distinct tensor is held once and contiguously (names that share
// storage, offset and layout are one tensor), floating-point ones cast to `target` where one is given.
[[nodiscard]] std::uint64_t modelBytes(const TensorTable& tensors, std::optional<DType> target = {});

// "loaded", "out of memory", "failed", "cancelled".
[[nodiscard]] std::string_view outcomeName(const LoadRun& run) noexcept;

// The JSON document of `plimsoll-cli load`, without a line end.
[[nodiscard]] std::string loadReportJson(const LoadReport& report);

// Every point of every curve, a line each, after a line of column names: strategy, phase, seconds, bytes.
[[nodiscard]] std::string loadSamplesCsv(std::span<const LoadRun> runs);

}  // namespace plimsoll
