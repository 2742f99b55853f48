// SPDX-License-Identifier: GPL-3.0-or-later
#include "lab/report_files.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <system_error>

#include <fmt/format.h>

#include "base/byte_cursor.h"
#include "base/glob.h"
#include "io/output_file.h"
#include "lab/chart.h"
#include "lab/predictions.h"
#include "lab/report_json.h"
#include "lab/summary.h"

namespace plimsoll {

namespace {

double above(std::uint64_t value, std::uint64_t baseline) {
    return value > baseline ? static_cast<double>(value - baseline) : 0.0;
}

ChartCurve curveOf(const LoadRun& run, std::size_t colour, bool dashed, std::string name,
                   double (*value)(const LoadRun&, const TimelinePoint&)) {
    ChartCurve curve{std::move(name), colour, dashed, {}};
    for (const TimelinePoint& point : run.timeline.points) curve.points.emplace_back(point.seconds, value(run, point));
    return curve;
}

double anonOf(const LoadRun& run, const TimelinePoint& point) {
    return above(point.anon, run.host.baselineAnon);
}
double fileOf(const LoadRun& run, const TimelinePoint& point) {
    return above(point.file, run.host.baselineFile);
}
double deviceOf(const LoadRun&, const TimelinePoint& point) {
    return static_cast<double>(point.deviceAllocated);
}

std::string bytes(double value) {
    return formatByteSize(static_cast<std::uint64_t>(value));
}

std::string spreadText(const Spread& spread, std::size_t runs, std::string (*text)(double)) {
    if (runs < 2) return text(spread.median);
    return fmt::format("{} ({} to {})", text(spread.median), text(spread.low), text(spread.high));
}

std::string secondsText(double value) {
    return fmt::format("{:.3f}", value);
}

std::string withError(std::string text, std::optional<double> percent) {
    return percent ? fmt::format("{}, {:+.1f} %", text, *percent) : text;
}

// A prediction and how far it is off, where what was measured is worth a percentage; nothing where there is none.
std::string predictedText(std::uint64_t predicted, double measured, double least = 0) {
    if (predicted == 0) return {};
    return withError(formatByteSize(predicted), measured < least ? std::nullopt : errorPercent(predicted, measured));
}

// A cell of a Markdown table: on one line, and no end of the cell.
std::string cell(std::string_view text) {
    std::string result;
    for (const char c : text) {
        if (c == '|') result += '\\';
        result += c == '\n' || c == '\r' ? ' ' : c;
    }
    return result;
}

// "1.31 GiB (2.00 x)": with the model as the measure.
std::string timesModel(const Spread& spread, std::size_t runs, std::uint64_t model) {
    const std::string text = spreadText(spread, runs, bytes);
    return model == 0 ? text : fmt::format("{}, {:.2f} x", text, spread.median / static_cast<double>(model));
}

std::string tableRow(const StrategySummary& one, const LoadReport& report) {
    const bool device = report.device != "cpu";
    const auto& dtype = one.conditions.dtype;
    const std::string conditions = conditionsText(one.conditions);
    std::string row =
        fmt::format("| `{}`{}{}{} | {}/{} ", one.strategy, dtype ? fmt::format(" to {}", shortName(*dtype)) : "",
                    conditions.empty() ? "" : ", ", conditions, one.loaded, one.runs);
    if (one.loaded == 0) return row + fmt::format("| {} |\n", cell(one.failure));
    const Prediction predicted = one.predicted.value_or(Prediction{});
    row += fmt::format(
        "| {} | {} | {} | {} | {} | {} | {} ", spreadText(one.seconds, one.loaded, secondsText),
        timesModel(one.anon, one.loaded, report.modelBytes),
        one.predicted ? withError(hostAnonText(predicted), hostErrorPercent(predicted, one.anon.median)) : "",
        spreadText(one.file, one.loaded, bytes),
        predictedText(predicted.hostFile, one.file.median, static_cast<double>(report.modelBytes) / 50),
        spreadText(one.kernelPeak, one.loaded, bytes), one.diskRead ? bytes(one.diskRead->median) : "");
    if (device && one.deviceAllocated && one.deviceReserved && one.deviceUsed) {
        row += fmt::format(
            "| {} | {} | {} | {} | {} ", timesModel(*one.deviceAllocated, one.loaded, report.modelBytes),
            predictedText(predicted.device, one.deviceAllocated->median), bytes(one.deviceReserved->median),
            predictedText(predicted.deviceReserved, one.deviceReserved->median), bytes(one.deviceUsed->median));
    }
    return row + "|\n";
}

std::string csvText(std::string_view text) {
    std::string result = "\"";
    for (const char c : text) {
        if (c == '"') result += '"';
        result += c;
    }
    return result + "\"";
}

}  // namespace

LineChart memoryCurves(const LoadReport& report) {
    LineChart chart{"Memory above what the load program held before", "seconds", "", {}, 0, ""};
    chart.note = report.device == "cpu" ? "solid: anonymous; dashed: file-backed, which the kernel can drop"
                                        : "solid: anonymous memory of the host; dashed: allocated on the device";
    chart.reference = static_cast<double>(report.modelBytes);
    chart.referenceName = "the model, " + formatByteSize(report.modelBytes);
    std::map<std::string, const LoadRun*> last;
    std::vector<std::string> order;
    for (const LoadRun& run : report.runs) {
        const std::string name = nameOf(report, run.strategy, conditionsOf(run));
        if (!last.contains(name)) order.push_back(name);
        last[name] = &run;
    }
    for (std::size_t colour = 0; colour < order.size(); ++colour) {
        const LoadRun& run = *last[order[colour]];
        chart.curves.push_back(curveOf(run, colour, false, order[colour], anonOf));
        chart.curves.push_back(curveOf(run, colour, true, "", run.devicePeaks ? deviceOf : fileOf));
    }
    return chart;
}

BarChart peakBars(const LoadReport& report) {
    const bool device = report.device != "cpu";
    BarChart chart{
        device ? "Highest memory of the whole device" : "Highest host memory",
        device ? std::vector<std::string>{"allocated", "reserved beyond it", "the CUDA context and other programs"}
               : std::vector<std::string>{"anonymous", "file-backed"},
        device ? "allocated, as predicted" : "anonymous, as predicted",
        {}};
    for (const StrategySummary& one : summarize(report)) {
        ChartBar bar{nameOf(report, one.strategy, one.conditions), {}, 0};
        if (device) {
            const double allocated = one.deviceAllocated.value_or(Spread{}).median;
            const double reserved = std::max(allocated, one.deviceReserved.value_or(Spread{}).median);
            const double used = std::max(reserved, one.deviceUsed.value_or(Spread{}).median);
            for (const double part : {allocated, reserved - allocated, used - reserved})
                bar.parts.push_back(static_cast<std::uint64_t>(part));
            if (one.predicted) bar.mark = one.predicted->device;
        } else {
            bar.parts = {static_cast<std::uint64_t>(one.anon.median), static_cast<std::uint64_t>(one.file.median)};
            if (one.predicted) bar.mark = one.predicted->hostAnon;
        }
        chart.bars.push_back(std::move(bar));
    }
    return chart;
}

std::string reportMarkdown(const LoadReport& report) {
    const bool device = report.device != "cpu";
    std::string page = fmt::format("# Load tests of {}\n\n", cell(report.path));
    page += fmt::format("{} of weights on `{}`. {}\n\n", formatByteSize(report.modelBytes), report.device,
                        cell(report.machine));
    page += "Peaks are above what the load program held before the load; medians";
    page +=
        ", in brackets lowest and highest of several rounds. A run counts as loaded when the checksum of all "
        "parameters and buffers is that of the file. Anonymous memory is what a host can run out of; "
        "file-backed pages the kernel can drop. x: times the model, as the file has it.";
    if (device) {
        page +=
            " GPU allocated and reserved are torch's allocator's own peaks; "
            "the whole GPU is what the driver says, with the CUDA context and other programs.";
    }
    const auto summaries = summarize(report);
    const auto isBound = [](const StrategySummary& one) { return one.predicted && isUpperBound(*one.predicted); };
    if (std::any_of(summaries.begin(), summaries.end(), isBound)) page += fmt::format(" {}.", kUpperBoundWords);
    page += "\n\n";
    page +=
        "| strategy | loaded | seconds | anonymous | predicted | file-backed | predicted | kernel peak | read from "
        "disk |";
    page += device ? " GPU allocated | predicted | GPU reserved | predicted | whole GPU |\n" : "\n";
    page += "| --- | --- | --- | --- | --- | --- | --- | --- | --- |";
    page += device ? " --- | --- | --- | --- | --- |\n" : "\n";
    for (const StrategySummary& one : summaries) page += tableRow(one, report);
    page += "\n![Peaks](peaks.svg)\n\n![Memory over time](curves.svg)\n\n## What they do\n\n";
    for (const StrategyInfo& info : strategies()) {
        const auto isIt = [&info](const StrategySummary& one) { return one.strategy == info.name; };
        if (std::any_of(summaries.begin(), summaries.end(), isIt))
            page += fmt::format("- `{}`: {}\n", info.name, info.summary);
    }
    page += "\n## Runs\n\n";
    for (const LoadRun& run : report.runs) {
        page += fmt::format("- round {}, `{}`: {}", run.round + 1, run.strategy, outcomeName(run));
        if (run.cachedBefore) page += fmt::format(", {:.0f} % in the page cache before", 100 * *run.cachedBefore);
        if (run.error) page += ". " + cell(*run.error);
        for (const std::string& note : run.notes) page += ". " + cell(note);
        page += "\n";
    }
    page += "\n`report.json` opens in Plimsoll; `runs.csv` has the figures of each run, `samples.csv` every point.\n";
    return page;
}

std::string runsCsv(const LoadReport& report) {
    std::string csv =
        "strategy,round,outcome,seconds,peak_rss,peak_anon,peak_file,vm_hwm,peak_swap,disk_read,cached_before,"
        "predicted_anon,predicted_file,device_allocated,device_reserved,device_used,predicted_device,"
        "predicted_device_reserved,error\n";
    const auto optional = [](const auto& value) { return value ? fmt::format("{}", *value) : std::string(); };
    for (const LoadRun& run : report.runs) {
        const DevicePeaks device = run.devicePeaks.value_or(DevicePeaks{});
        const Prediction predicted = run.predicted.value_or(Prediction{});
        csv +=
            fmt::format("{},{},{},{:.6f},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n", run.strategy, run.round,
                        outcomeName(run), run.seconds, run.host.peakRss, run.host.peakAnon, run.host.peakFile,
                        run.host.vmHwm, run.host.peakSwap, optional(run.diskReadBytes), optional(run.cachedBefore),
                        predicted.hostAnon, predicted.hostFile, device.peakAllocated, device.peakReserved,
                        device.peakUsed, predicted.device, predicted.deviceReserved, csvText(run.error.value_or("")));
    }
    return csv;
}

Result<std::vector<std::string>> writeReport(const LoadReport& report, const std::string& directory) {
    std::error_code error;
    std::filesystem::create_directories(directory, error);
    if (error) return fail(Error{Errc::Io, kNoOffset, "cannot be made: " + error.message(), directory});
    const std::pair<const char*, std::string> contents[] = {
        {"report.json", loadReportJson(report) + "\n"}, {"runs.csv", runsCsv(report)},
        {"samples.csv", loadSamplesCsv(report.runs)},   {"curves.svg", svgOf(memoryCurves(report))},
        {"peaks.svg", svgOf(peakBars(report))},         {"report.md", reportMarkdown(report)},
    };
    std::vector<std::string> paths;
    for (const auto& [name, content] : contents) {
        paths.push_back((std::filesystem::path(directory) / name).string());
        TRY_VOID(writeWholeFile(paths.back(), asBytes(content), OutputFile::Existing::Replace));
    }
    return paths;
}

}  // namespace plimsoll
