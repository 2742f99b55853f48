// SPDX-License-Identifier: GPL-3.0-or-later
#include "load_table.h"

#include <algorithm>
#include <array>
#include <functional>

#include <fmt/format.h>

#include "base/glob.h"
#include "lab/predictions.h"
#include "lab/report_json.h"
#include "lab/summary.h"
#include "text.h"

namespace plimsoll::cli {

namespace {

// A column and what stands in it for a row of type T.
template <class T>
struct Field {
    Column column;
    std::string (*text)(const T&);
};

template <class T, std::size_t N>
void printFields(Output& out, const std::array<Field<T>, N>& fields, const std::vector<T>& rows) {
    std::array<Column, N> columns;
    for (std::size_t n = 0; n < N; ++n) columns[n] = fields[n].column;
    printTable(out, columns, rows.size(),
               [&](std::size_t row, std::size_t column) { return fields[column].text(rows[row]); });
}

std::string dtypeText(const std::optional<DType>& dtype) {
    return dtype ? std::string(shortName(*dtype)) : std::string();
}

std::string percentText(std::optional<double> percent) {
    return percent ? fmt::format("{:+.1f} %", *percent) : "";
}

std::string hostErrorText(const LoadRun& run) {
    if (!run.predicted || run.error) return "";
    return percentText(hostErrorPercent(*run.predicted, static_cast<double>(run.host.peakAnon)));
}

std::string deviceErrorText(const LoadRun& run) {
    if (!run.predicted || !run.devicePeaks || run.error) return "";
    return percentText(errorPercent(run.predicted->device, static_cast<double>(run.devicePeaks->peakAllocated)));
}

std::string outcomeText(const LoadRun& run) {
    if (run.error) return printable(*run.error);
    return run.verified ? "verified" : "checksum differs";
}

constexpr std::array<Field<LoadRun>, 16> kRunFields = {{
    {{"strategy"}, [](const LoadRun& run) { return run.strategy; }},
    {{"device"}, [](const LoadRun& run) { return run.device; }},
    {{"as"}, [](const LoadRun& run) { return dtypeText(run.dtype); }},
    {{"seconds", true}, [](const LoadRun& run) { return run.error ? "" : fmt::format("{:.3f}", run.seconds); }},
    {{"peak RSS", true}, [](const LoadRun& run) { return formatByteSize(run.host.peakRss); }},
    {{"anonymous", true}, [](const LoadRun& run) { return formatByteSize(run.host.peakAnon); }},
    {{"predicted", true}, [](const LoadRun& run) { return run.predicted ? hostAnonText(*run.predicted) : ""; }},
    {{"error", true}, hostErrorText},
    {{"file-backed", true}, [](const LoadRun& run) { return formatByteSize(run.host.peakFile); }},
    {{"kernel peak", true}, [](const LoadRun& run) { return formatByteSize(run.host.vmHwm); }},
    {{"GPU allocated", true},
     [](const LoadRun& run) { return run.devicePeaks ? formatByteSize(run.devicePeaks->peakAllocated) : ""; }},
    {{"predicted", true},
     [](const LoadRun& run) { return run.devicePeaks && run.predicted ? formatByteSize(run.predicted->device) : ""; }},
    {{"error", true}, deviceErrorText},
    {{"GPU reserved", true},
     [](const LoadRun& run) { return run.devicePeaks ? formatByteSize(run.devicePeaks->peakReserved) : ""; }},
    {{"whole GPU", true},
     [](const LoadRun& run) { return run.devicePeaks ? formatByteSize(run.devicePeaks->peakUsed) : ""; }},
    {{"result"}, outcomeText},
}};

std::string bytesText(double bytes) {
    return formatByteSize(static_cast<std::uint64_t>(bytes));
}

std::string secondsText(double seconds) {
    return fmt::format("{:.3f}", seconds);
}

// The median, and how far the rounds lie apart.
std::string spreadText(const Spread& spread, const StrategySummary& one, std::string (*text)(double)) {
    if (one.loaded == 0) return "";
    if (one.loaded == 1) return text(spread.median);
    return fmt::format("{} ({} to {})", text(spread.median), text(spread.low), text(spread.high));
}

std::string loadedText(const StrategySummary& one) {
    const std::string count = fmt::format("{} of {}", one.loaded, one.runs);
    return one.failure.empty() ? count : count + ": " + printable(one.failure);
}

constexpr std::array<Field<StrategySummary>, 10> kSummaryFields = {{
    {{"medians"}, [](const StrategySummary& one) { return one.strategy; }},
    {{"as"}, [](const StrategySummary& one) { return dtypeText(one.conditions.dtype); }},
    {{"asked for"}, [](const StrategySummary& one) { return conditionsText(one.conditions); }},
    {{"seconds", true}, [](const StrategySummary& one) { return spreadText(one.seconds, one, secondsText); }},
    {{"anonymous", true}, [](const StrategySummary& one) { return spreadText(one.anon, one, bytesText); }},
    {{"error", true},
     [](const StrategySummary& one) {
         return one.predicted ? percentText(hostErrorPercent(*one.predicted, one.anon.median)) : "";
     }},
    {{"file-backed", true}, [](const StrategySummary& one) { return spreadText(one.file, one, bytesText); }},
    {{"GPU allocated", true},
     [](const StrategySummary& one) {
         return one.deviceAllocated ? spreadText(*one.deviceAllocated, one, bytesText) : "";
     }},
    {{"read from disk", true},
     [](const StrategySummary& one) { return one.diskRead ? spreadText(*one.diskRead, one, bytesText) : ""; }},
    {{"loaded"}, loadedText},
}};

std::string deviceText(std::uint64_t bytes) {
    return bytes == 0 ? "" : formatByteSize(bytes);
}

std::string fitText(const StrategyPrediction& one) {
    switch (one.verdict.fit) {
        case Fit::Yes:
            return "fits";
        case Fit::No:
            return "does not fit";
        case Fit::Unknown:
            return "unknown";
    }
    return "";
}

constexpr std::array<Field<StrategyPrediction>, 9> kPredictionFields = {{
    {{"strategy"}, [](const StrategyPrediction& one) { return one.strategy; }},
    {{"as"}, [](const StrategyPrediction& one) { return dtypeText(one.dtype); }},
    {{"anonymous", true}, [](const StrategyPrediction& one) { return hostAnonText(one.prediction); }},
    {{"file-backed", true}, [](const StrategyPrediction& one) { return formatByteSize(one.prediction.hostFile); }},
    {{"GPU allocated", true}, [](const StrategyPrediction& one) { return deviceText(one.prediction.device); }},
    {{"GPU reserved", true}, [](const StrategyPrediction& one) { return deviceText(one.prediction.deviceReserved); }},
    {{"host needs", true}, [](const StrategyPrediction& one) { return formatByteSize(one.verdict.hostNeed); }},
    {{"GPU needs", true}, [](const StrategyPrediction& one) { return deviceText(one.verdict.deviceNeed); }},
    {{"verdict"}, fitText},
}};

std::string roomText(const std::optional<std::uint64_t>& bytes) {
    return bytes ? formatByteSize(*bytes) : "unknown";
}

}  // namespace

void printLoadTable(Output& out, const LoadReport& report) {
    out << fmt::format("{}: {} of weights\n", printable(report.path), formatByteSize(report.modelBytes));
    printFields(out, kRunFields, report.runs);
    for (const LoadRun& run : report.runs)
        for (const std::string& note : run.notes) out << run.strategy << ": " << printable(note) << "\n";
    const auto isBound = [](const LoadRun& run) { return run.predicted && isUpperBound(*run.predicted); };
    if (std::ranges::any_of(report.runs, isBound)) out << kUpperBoundWords << "\n";
    const auto summaries = summarize(report);
    if (summaries.size() == report.runs.size()) return;  // one round says it all
    out << "\n";
    printFields(out, kSummaryFields, summaries);
}

void printPredictionTable(Output& out, const Checkpoint& checkpoint, std::string_view device, const Room& room,
                          const std::vector<StrategyPrediction>& predictions) {
    const bool onDevice = device != "cpu";
    out << fmt::format("{}: {} of weights, predicted for {}; host memory {}", printable(checkpoint.path),
                       formatByteSize(modelBytes(checkpoint.tensors)), printable(device), roomText(room.host));
    if (onDevice) out << fmt::format(", device memory {}", roomText(room.device));
    out << "\n";
    printFields(out, kPredictionFields, predictions);
    const auto isBound = [](const StrategyPrediction& one) { return isUpperBound(one.prediction); };
    if (std::ranges::any_of(predictions, isBound)) out << kUpperBoundWords << "\n";
    out << fmt::format("needs: the load, and {} of the process before it", formatByteSize(before_load::kHostAnon));
    if (onDevice) out << fmt::format(", {} for the CUDA context", formatByteSize(before_load::kDeviceContext));
    out << "; file-backed pages make room for others and are not counted\n";
}

}  // namespace plimsoll::cli
