// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "lab/protocol.h"
#include "load/lane.h"
#include "load/torch_headers.h"

// The CUDA side of device.h, compiled where LibTorch has CUDA. Failures of CUDA calls leave as c10::Error.
namespace plimsoll::cuda {

[[nodiscard]] int deviceCount() noexcept;
// Why deviceCount() is 0, in words.
[[nodiscard]] std::string whyNoDevice();
[[nodiscard]] std::uint64_t totalMemory(at::Device device) noexcept;  // 0 where it does not tell
[[nodiscard]] Result<std::string> prepare(at::Device device, std::uint64_t limit);
void packAllocations(at::Device device);
void synchronize(at::Device device);
[[nodiscard]] protocol::DeviceSample sample(at::Device device);
[[nodiscard]] DevicePeaks peaks(at::Device device);
[[nodiscard]] Result<std::unique_ptr<Lane>> makePinnedLane(const ModuleTree& tree, at::Device device);

}  // namespace plimsoll::cuda
