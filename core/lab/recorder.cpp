// SPDX-License-Identifier: GPL-3.0-or-later
#include "lab/recorder.h"

#include <algorithm>
#include <utility>

namespace plimsoll {

namespace {

void raise(std::uint64_t& peak, std::uint64_t value, std::uint64_t baseline = 0) {
    if (value > baseline) peak = std::max(peak, value - baseline);
}

}  // namespace

double Recorder::secondsAt(std::uint64_t ns) const noexcept {
    return ns > startNs_ ? static_cast<double>(ns - startNs_) * 1e-9 : 0.0;
}

void Recorder::begin(std::uint64_t ns, const MemorySample& baseline, std::optional<std::uint64_t> diskRead) {
    startNs_ = ns;
    baseline_ = baseline;
    diskReadBefore_ = diskRead;
    host_.baseline = baseline.rss;
    host_.baselineAnon = baseline.anon;
    host_.baselineFile = baseline.file;
    previous_ = baseline;
    sample(ns, baseline, diskRead);
}

void Recorder::sample(std::uint64_t ns, const MemorySample& memory, std::optional<std::uint64_t> diskRead) {
    if (diskRead && diskReadBefore_) diskRead_ = *diskRead - *diskReadBefore_;
    raise(host_.peakShmem, memory.shmem, baseline_.shmem);
    raise(host_.peakSwap, memory.swap, baseline_.swap);
    raise(host_.peakRss, memory.rss, host_.baseline);
    raise(host_.peakAnon, mostAnon(memory), host_.baselineAnon);
    raise(host_.peakFile, memory.file, host_.baselineFile);
    raise(host_.vmHwm, memory.peakRss, host_.baseline);
    previous_ = memory;
    const TimelinePoint point{
        secondsAt(ns),         memory.rss,           memory.anon,      memory.file, memory.shmem,
        lastDevice_.allocated, lastDevice_.reserved, lastDevice_.used, memory.swap, diskRead_.value_or(0)};
    keep(point);
    if (observer_.point) observer_.point(point);
}

// Where the kernel's peak has risen above what a sample saw, all of that was anonymous but for the mapped pages. Those
// the samples around it have seen: the loader keeps its file mapped to the end.
std::uint64_t Recorder::mostAnon(const MemorySample& memory) const noexcept {
    if (memory.peakRss <= std::max(previous_.peakRss, memory.rss)) return memory.anon;
    const std::uint64_t mapped = std::max(previous_.file, memory.file) + std::max(previous_.shmem, memory.shmem);
    return std::max(memory.anon, memory.peakRss - std::min(mapped, memory.peakRss));
}

void Recorder::device(const protocol::DeviceSample& sample) {
    hasDevice_ = true;
    lastDevice_ = sample;
    raise(devicePeaks_.peakAllocated, sample.allocated);
    raise(devicePeaks_.peakReserved, sample.reserved);
    raise(devicePeaks_.peakUsed, sample.used);
}

void Recorder::phase(std::uint64_t ns, std::string name) {
    const double at = secondsAt(ns);
    closePhase(at);
    timeline_.phases.push_back({std::move(name), at, -1});
    if (observer_.phase) observer_.phase(timeline_.phases.back());
}

void Recorder::end(std::uint64_t ns) {
    closePhase(secondsAt(ns));
}

void Recorder::finalPeaks(const protocol::Done& done) {
    raise(host_.vmHwm, done.peakRss, host_.baseline);
    if (done.device) finalPeaks(*done.device);
}

void Recorder::finalPeaks(const DevicePeaks& device) {
    hasDevice_ = true;
    raise(devicePeaks_.peakAllocated, device.peakAllocated);
    raise(devicePeaks_.peakReserved, device.peakReserved);
    raise(devicePeaks_.peakUsed, device.peakUsed);
}

void Recorder::intoRun(LoadRun& run) {
    run.host = host_;
    run.diskReadBytes = diskRead_;
    if (hasDevice_) run.devicePeaks = devicePeaks_;
    run.timeline = std::move(timeline_);
}

void Recorder::closePhase(double seconds) {
    if (!timeline_.phases.empty() && timeline_.phases.back().end < 0) timeline_.phases.back().end = seconds;
}

void Recorder::keep(const TimelinePoint& point) {
    if (++skipped_ < keepEvery_) return;
    skipped_ = 0;
    timeline_.points.push_back(point);
    if (timeline_.points.size() >= maxPoints_) thin();
}

void Recorder::thin() {
    auto& points = timeline_.points;
    std::size_t kept = 0;
    for (std::size_t at = 0; at + 1 < points.size(); at += 2)
        points[kept++] = points[at].rss >= points[at + 1].rss ? points[at] : points[at + 1];
    points.resize(kept);
    keepEvery_ *= 2;
}

}  // namespace plimsoll
