// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <stop_token>
#include <vector>

#include "audit/audit.h"

namespace plimsoll {

// Tensors that may hold equal bytes: of one type and shape, not on the same bytes already, with bytes in the file.
using TensorCandidates = std::vector<std::vector<TensorId>>;
[[nodiscard]] TensorCandidates identicalCandidates(const TensorTable& table);

// Bytes that findIdentical counts.
[[nodiscard]] std::uint64_t candidateBytes(const TensorTable& table, const TensorCandidates& candidates) noexcept;

// Reads samples of the candidates and, where these agree, everything (XXH3-128); 1 MiB a thread.
//   errors  Io, Truncated, Corrupt from the file; Cancelled
[[nodiscard]] Result<std::vector<TensorGroup>> findIdentical(const std::shared_ptr<const Checkpoint>& checkpoint,
                                                             const TensorCandidates& candidates, unsigned threads,
                                                             ProgressSink& progress, const std::stop_token& stop);

}  // namespace plimsoll
