// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "checkpoint/checkpoint.h"
#include "lab/supervisor.h"

namespace plimsoll {

// Bytes that the checkpoint's tensors take when each distinct tensor is held once and contiguously (names that share
// storage, offset and layout are one tensor).
[[nodiscard]] std::uint64_t modelBytes(const TensorTable& tensors);

// The JSON document of `plimsoll-cli load`, without a line end. "predicted" is null: nothing has been predicted.
[[nodiscard]] std::string loadReportJson(const Checkpoint& checkpoint, std::string_view device,
                                         std::span<const LoadRun> runs);

// Every point of every curve, a line each, after a line of column names: strategy, phase, seconds, bytes.
[[nodiscard]] std::string loadSamplesCsv(std::span<const LoadRun> runs);

}  // namespace plimsoll
