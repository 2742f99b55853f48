// SPDX-License-Identifier: GPL-3.0-or-later
#include "lab/summary.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/glob.h"

namespace plimsoll {

namespace {

std::optional<Spread> spreadOf(std::vector<double> values) {
    if (values.empty()) return std::nullopt;
    std::sort(values.begin(), values.end());
    const std::size_t middle = values.size() / 2;
    const double median = values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
    return Spread{median, values.front(), values.back()};
}

// What `figure` (an optional number) tells of the runs that loaded.
template <class Figure>
std::optional<Spread> spread(const std::vector<const LoadRun*>& runs, Figure figure) {
    std::vector<double> values;
    for (const LoadRun* run : runs)
        if (const std::optional<double> value = figure(*run); value && run->verified) values.push_back(*value);
    return spreadOf(std::move(values));
}

std::optional<double> number(std::uint64_t value) {
    return static_cast<double>(value);
}

StrategySummary summaryOf(const std::vector<const LoadRun*>& runs) {
    StrategySummary summary;
    summary.strategy = runs.front()->strategy;
    summary.conditions = conditionsOf(*runs.front());
    summary.predicted = runs.front()->predicted;
    summary.runs = runs.size();
    for (const LoadRun* run : runs) {
        if (run->verified) ++summary.loaded;
        if (run->error && summary.failure.empty()) summary.failure = *run->error;
    }
    const auto host = [&](std::uint64_t HostPeaks::*peak) {
        return spread(runs, [peak](const LoadRun& run) { return number(run.host.*peak); }).value_or(Spread{});
    };
    const auto device = [&](std::uint64_t DevicePeaks::*peak) {
        return spread(runs, [peak](const LoadRun& run) {
            return run.devicePeaks ? number((*run.devicePeaks).*peak) : std::nullopt;
        });
    };
    summary.seconds = spread(runs, [](const LoadRun& run) { return std::optional(run.seconds); }).value_or(Spread{});
    summary.anon = host(&HostPeaks::peakAnon);
    summary.file = host(&HostPeaks::peakFile);
    summary.kernelPeak = host(&HostPeaks::vmHwm);
    summary.deviceAllocated = device(&DevicePeaks::peakAllocated);
    summary.deviceReserved = device(&DevicePeaks::peakReserved);
    summary.deviceUsed = device(&DevicePeaks::peakUsed);
    summary.diskRead =
        spread(runs, [](const LoadRun& run) { return run.diskReadBytes ? number(*run.diskReadBytes) : std::nullopt; });
    return summary;
}

}  // namespace

std::string conditionsText(const Conditions& conditions) {
    std::string text;
    const auto add = [&text](const std::string& part) { text += (text.empty() ? "" : ", ") + part; };
    if (conditions.cache != CacheState::AsIs) add(std::string(cacheStateName(conditions.cache)) + " cache");
    if (conditions.hostLimit) add("host limit " + formatByteSize(*conditions.hostLimit));
    if (conditions.deviceLimit) add("GPU limit " + formatByteSize(*conditions.deviceLimit));
    return text;
}

Conditions conditionsOf(const LoadRun& run) {
    return {run.dtype, run.cache, run.hostLimit, run.deviceLimit};
}

std::string nameOf(const LoadReport& report, const std::string& strategy, const Conditions& conditions) {
    const auto isOther = [&](const LoadRun& run) {
        return run.strategy == strategy && !(conditionsOf(run) == conditions);
    };
    if (std::ranges::none_of(report.runs, isOther)) return strategy;
    std::string name = strategy;
    if (conditions.dtype) name += fmt::format(" to {}", shortName(*conditions.dtype));
    const std::string rest = conditionsText(conditions);
    return rest.empty() ? name : name + ", " + rest;
}

std::vector<StrategySummary> summarize(const LoadReport& report) {
    std::vector<std::vector<const LoadRun*>> groups;
    for (const LoadRun& run : report.runs) {
        if (run.cancelled) continue;
        const auto group = std::find_if(groups.begin(), groups.end(), [&](const auto& runs) {
            return runs.front()->strategy == run.strategy && conditionsOf(*runs.front()) == conditionsOf(run);
        });
        if (group == groups.end())
            groups.push_back({&run});
        else
            group->push_back(&run);
    }
    std::vector<StrategySummary> summaries;
    summaries.reserve(groups.size());
    for (const auto& runs : groups) summaries.push_back(summaryOf(runs));
    return summaries;
}

}  // namespace plimsoll
