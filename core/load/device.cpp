// SPDX-License-Identifier: GPL-3.0-or-later
#include "load/device.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "lab/loader_program.h"
#include "load/cuda.h"

namespace plimsoll {

std::vector<std::string> usableDevices() {
    std::vector<std::string> devices{"cpu"};
#ifdef PLIMSOLL_HAVE_CUDA
    for (int index = 0; index < cuda::deviceCount(); ++index) devices.push_back(fmt::format("cuda:{}", index));
#endif
    return devices;
}

std::string whyNoCuda() {
#ifdef PLIMSOLL_HAVE_CUDA
    return cuda::deviceCount() > 0 ? std::string() : cuda::whyNoDevice();
#else
    return "plimsoll-loader was built without CUDA";
#endif
}

Result<at::Device> parseDevice(std::string_view text) {
    const std::string name = text == "cuda" ? "cuda:0" : std::string(text);
    const auto devices = usableDevices();
    if (std::find(devices.begin(), devices.end(), name) == devices.end())
        return fail(Errc::Usage, noSuchDevice(text, devices, whyNoCuda()));
    return at::Device(name);
}

#ifdef PLIMSOLL_HAVE_CUDA

std::uint64_t deviceMemory(at::Device device) {
    return device.is_cpu() ? 0 : cuda::totalMemory(device);
}

Result<std::optional<std::string>> prepareDevice(at::Device device, std::uint64_t limit) {
    if (device.is_cpu()) return std::nullopt;
    return cuda::prepare(device, limit).map([](std::string note) { return std::optional(std::move(note)); });
}

void packAllocations(at::Device device) {
    if (!device.is_cpu()) cuda::packAllocations(device);
}

void synchronize(at::Device device) {
    if (!device.is_cpu()) cuda::synchronize(device);
}

std::optional<protocol::DeviceSample> sampleDevice(at::Device device) {
    if (device.is_cpu()) return std::nullopt;
    return cuda::sample(device);
}

std::optional<DevicePeaks> devicePeaks(at::Device device) {
    if (device.is_cpu()) return std::nullopt;
    return cuda::peaks(device);
}

Result<std::unique_ptr<Lane>> makeLane(const ModuleTree& tree, at::Device device) {
    if (device.is_cpu()) return makeHostLane(tree);
    return cuda::makePinnedLane(tree, device);
}

#else

std::uint64_t deviceMemory(at::Device) {
    return 0;
}

Result<std::optional<std::string>> prepareDevice(at::Device, std::uint64_t) {
    return std::nullopt;
}

void packAllocations(at::Device) {}

void synchronize(at::Device) {}

std::optional<protocol::DeviceSample> sampleDevice(at::Device) {
    return std::nullopt;
}

std::optional<DevicePeaks> devicePeaks(at::Device) {
    return std::nullopt;
}

Result<std::unique_ptr<Lane>> makeLane(const ModuleTree& tree, at::Device) {
    return makeHostLane(tree);
}

#endif

}  // namespace plimsoll
