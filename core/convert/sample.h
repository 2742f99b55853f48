// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/progress.h"
#include "base/result.h"
#include "convert/run.h"
#include "tensor/dtype.h"

namespace plimsoll {

struct SampleTensor {
    enum class Content : std::uint8_t { Normal, Ones, Zeros, CausalMask };  // Normal: mean 0, deviation 0.02
    std::string name;
    std::vector<std::uint64_t> shape;
    Content content = Content::Normal;
};

// "gpt2-small", "gpt2-medium", "gpt2-large", "gpt2-xl", "linear10".
[[nodiscard]] std::span<const std::string_view> sampleNames() noexcept;

// The state_dict of a reference model, names and shapes as in "Memory-efficient Model Weight Loading" (gpt2-*: untied
// out_head, a causal mask per layer) and the PyTorch tutorial's ten Linear(1000, 1000). Usage for an unknown name.
[[nodiscard]] Result<std::vector<SampleTensor>> sampleTensors(std::string_view model);

// Writes the model with seeded random weights in bounded memory; the format follows the suffix of `destination`. The
// same seed gives the same bytes whatever the number of threads.
[[nodiscard]] Result<ConvertReport> writeSample(std::string_view model, const std::string& destination, DType dtype,
                                                std::uint64_t seed, bool overwrite, ProgressSink& progress,
                                                const std::stop_token& stop);

// Bytes that progress will count for this sample.
[[nodiscard]] Result<std::uint64_t> sampleBytes(std::string_view model, DType dtype);

}  // namespace plimsoll
