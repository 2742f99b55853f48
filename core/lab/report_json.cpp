// SPDX-License-Identifier: GPL-3.0-or-later
#include "lab/report_json.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "checkpoint/distinct_tensors.h"
#include "lab/json_parts.h"

namespace plimsoll {

namespace {

using nlohmann::ordered_json;

ordered_json hostJson(const HostPeaks& host) {
    return {{"baseline", host.baseline}, {"baseline_anon", host.baselineAnon}, {"baseline_file", host.baselineFile},
            {"peak_rss", host.peakRss},  {"peak_anon", host.peakAnon},         {"peak_file", host.peakFile},
            {"vm_hwm", host.vmHwm},      {"peak_shmem", host.peakShmem},       {"peak_swap", host.peakSwap}};
}

ordered_json deviceJson(const std::optional<DevicePeaks>& device) {
    if (!device) return nullptr;
    return {{"peak_allocated", device->peakAllocated},
            {"peak_reserved", device->peakReserved},
            {"peak_used", device->peakUsed}};
}

template <class T>
ordered_json orNull(const std::optional<T>& value) {
    return value ? ordered_json(*value) : ordered_json(nullptr);
}

ordered_json phasesJson(const Timeline& timeline) {
    ordered_json phases = ordered_json::array();
    for (const Phase& phase : timeline.phases)
        phases.push_back({{"name", phase.name}, {"start", phase.start}, {"end", phase.end}});
    return phases;
}

ordered_json samplesJson(const Timeline& timeline) {
    ordered_json samples = ordered_json::array();
    for (const TimelinePoint& point : timeline.points) {
        samples.push_back({{"t", point.seconds},
                           {"rss", point.rss},
                           {"anon", point.anon},
                           {"file", point.file},
                           {"device_allocated", point.deviceAllocated},
                           {"device_reserved", point.deviceReserved},
                           {"device_used", point.deviceUsed},
                           {"shmem", point.shmem},
                           {"swap", point.swap},
                           {"disk_read", point.diskRead}});
    }
    return samples;
}

ordered_json runJson(const LoadRun& run) {
    return {{"strategy", run.strategy},
            {"dtype", run.dtype ? ordered_json(torchName(*run.dtype)) : ordered_json(nullptr)},
            {"round", run.round},
            {"seconds", run.seconds},
            {"checksum", run.checksum},
            {"verified", run.verified},
            {"host", hostJson(run.host)},
            {"device", deviceJson(run.devicePeaks)},
            {"predicted", json_parts::predicted(run.predicted)},
            {"cache", {{"asked", cacheStateName(run.cache)}, {"cached_before", orNull(run.cachedBefore)}}},
            {"disk_read_bytes", orNull(run.diskReadBytes)},
            {"limits", {{"host", orNull(run.hostLimit)}, {"device", orNull(run.deviceLimit)}}},
            {"outcome", outcomeName(run)},
            {"notes", run.notes},
            {"loaded", {{"bytes", run.modelBytes}, {"parameters", run.parameters}, {"buffers", run.buffers}}},
            {"phases", phasesJson(run.timeline)},
            {"samples", samplesJson(run.timeline)},
            {"error", run.error ? ordered_json(*run.error) : ordered_json(nullptr)}};
}

std::string_view phaseAt(const Timeline& timeline, double seconds) {
    std::string_view name;
    for (const Phase& phase : timeline.phases)
        if (phase.start <= seconds) name = phase.name;
    return name;
}

}  // namespace

std::uint64_t modelBytes(const TensorTable& tensors, std::optional<DType> target) {
    std::uint64_t bytes = 0;
    for (const TensorId id : distinctTensors(tensors).first) bytes += bytesAs(tensors, id, target);
    return bytes;
}

std::string_view outcomeName(const LoadRun& run) noexcept {
    if (run.cancelled) return "cancelled";
    if (run.outOfMemory) return "out of memory";
    return run.error ? "failed" : "loaded";
}

std::string loadReportJson(const LoadReport& report) {
    ordered_json document = {{"path", report.path},
                             {"device", report.device},
                             {"model_bytes", report.modelBytes},
                             {"machine", report.machine},
                             {"runs", ordered_json::array()}};
    for (const LoadRun& run : report.runs) document["runs"].push_back(runJson(run));
    return document.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

std::string loadSamplesCsv(std::span<const LoadRun> runs) {
    std::string csv =
        "strategy,phase,seconds,rss,anon,file,shmem,device_allocated,device_reserved,device_used,round,swap,disk_"
        "read\n";
    for (const LoadRun& run : runs) {
        for (const TimelinePoint& point : run.timeline.points) {
            fmt::format_to(std::back_inserter(csv), "{},{},{:.6f},{},{},{},{},{},{},{},{},{},{}\n", run.strategy,
                           phaseAt(run.timeline, point.seconds), point.seconds, point.rss, point.anon, point.file,
                           point.shmem, point.deviceAllocated, point.deviceReserved, point.deviceUsed, run.round,
                           point.swap, point.diskRead);
        }
    }
    return csv;
}

}  // namespace plimsoll
