// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <vector>

#include "checkpoint/checkpoint.h"

namespace plimsoll::ui {

// Totals of a checkpoint, for the Overview page and the title.
struct Overview {
    struct DTypeShare {
        DType dtype = DType::F32;
        std::uint64_t tensors = 0;
        std::uint64_t bytes = 0;
    };
    std::uint64_t elements = 0;       // of all tensors
    std::uint64_t tensorBytes = 0;    // shared storage counts once per tensor
    std::uint64_t storageBytes = 0;   // shared storage counts once
    std::uint64_t sharedTensors = 0;  // tensors on a storage that another tensor views too
    std::vector<DTypeShare> dtypes;   // most bytes first
    std::vector<TensorId> largest;    // at most five, most bytes first
};

// O(tensors), no I/O.
[[nodiscard]] Overview surveyCheckpoint(const Checkpoint& checkpoint);

}  // namespace plimsoll::ui
