// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "lab/protocol.h"
#include "load/lane.h"
#include "load/torch_headers.h"

// Everything that differs between the CPU and a CUDA device. In a build without CUDA there are no devices but "cpu".
namespace plimsoll {

// "cpu", "cuda:0", ...: what LibTorch can use here.
[[nodiscard]] std::vector<std::string> usableDevices();

// Why none of them is of CUDA; empty where one is.
[[nodiscard]] std::string whyNoCuda();

// Memory of the whole device in bytes; 0 for the CPU.
[[nodiscard]] std::uint64_t deviceMemory(at::Device device);

// Usage (noSuchDevice) where this is none of them. "cuda" is "cuda:0".
[[nodiscard]] Result<at::Device> parseDevice(std::string_view text);

// Makes the device ready, so that what that costs (for CUDA: its context) belongs to no strategy. A note for the reader
// of the figures where it cost anything.
//   limit  bytes of the device that this process may use; 0: all
[[nodiscard]] Result<std::optional<std::string>> prepareDevice(at::Device device, std::uint64_t limit);

// Asks the device's allocator to give out no more than what is asked for, from here on: without it the rests of its
// segments, up to 1 MiB each, belong to the tensors. Nothing to do for the CPU.
void packAllocations(at::Device device);

// Waits until the device has done everything.
void synchronize(at::Device device);

// Allocator and device figures of this moment; nothing for the CPU.
[[nodiscard]] std::optional<protocol::DeviceSample> sampleDevice(at::Device device);
// The allocator's own peaks since prepareDevice. peakUsed is the present use: the driver keeps no peak.
[[nodiscard]] std::optional<DevicePeaks> devicePeaks(at::Device device);

// The way to slots in this device's memory.
[[nodiscard]] Result<std::unique_ptr<Lane>> makeLane(const ModuleTree& tree, at::Device device);

}  // namespace plimsoll
