// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "base/byte_cursor.h"
#include "base/glob.h"
#include "failure.h"
#include "io/output_file.h"
#include "lab/report_json.h"
#include "lab/supervisor.h"
#include "load_progress.h"
#include "output.h"
#include "text.h"
#include "verbs.h"

namespace plimsoll::cli {

namespace {

struct LoadOptions {
    std::string path;
    std::vector<std::string> strategies;
    std::string device = "cpu";
    bool json = false;
    std::string csv;
    ProgressMode progress = ProgressMode::Auto;
};

std::string knownStrategies() {
    std::string names;
    for (const StrategyInfo& info : strategies())
        names += std::string(names.empty() ? "" : ", ") + std::string(info.name);
    return names;
}

// The strategies to run, each once, in the order asked for.
Result<std::vector<std::string>> chosenStrategies(const LoadOptions& options) {
    std::vector<std::string> chosen;
    const auto add = [&](std::string_view name) {
        if (std::find(chosen.begin(), chosen.end(), name) == chosen.end()) chosen.emplace_back(name);
    };
    for (const std::string& asked : options.strategies) {
        bool known = false;
        for (const StrategyInfo& info : strategies()) {
            if (asked != "all" && asked != info.name) continue;
            add(info.name);
            known = true;
        }
        if (!known) return fail(Errc::Usage, "--strategy: '" + asked + "' is none of all, " + knownStrategies());
    }
    return chosen;
}

void printRuns(Output& out, const Checkpoint& checkpoint, const std::vector<LoadRun>& runs) {
    out << fmt::format("{}: {} of weights\n", printable(checkpoint.path),
                       formatByteSize(modelBytes(checkpoint.tensors)));
    constexpr std::array<Column, 10> kColumns{{{"strategy"},
                                               {"device"},
                                               {"seconds", true},
                                               {"peak RSS", true},
                                               {"anonymous", true},
                                               {"file-backed", true},
                                               {"kernel peak", true},
                                               {"GPU allocated", true},
                                               {"GPU reserved", true},
                                               {"result"}}};
    printTable(out, kColumns, runs.size(), [&](std::size_t row, std::size_t column) -> std::string {
        const LoadRun& run = runs[row];
        switch (column) {
            case 0:
                return run.strategy;
            case 1:
                return run.device;
            case 2:
                return fmt::format("{:.3f}", run.seconds);
            case 3:
                return formatByteSize(run.host.peakRss);
            case 4:
                return formatByteSize(run.host.peakAnon);
            case 5:
                return formatByteSize(run.host.peakFile);
            case 6:
                return formatByteSize(run.host.vmHwm);
            case 7:
                return run.devicePeaks ? formatByteSize(run.devicePeaks->peakAllocated) : "";
            case 8:
                return run.devicePeaks ? formatByteSize(run.devicePeaks->peakReserved) : "";
            default:
                return run.error ? printable(*run.error) : run.verified ? "verified" : "checksum differs";
        }
    });
    for (const LoadRun& run : runs)
        for (const std::string& note : run.notes) out << run.strategy << ": " << printable(note) << "\n";
}

int printReport(const LoadOptions& options, const Checkpoint& checkpoint, const std::vector<LoadRun>& runs) {
    if (!options.csv.empty()) {
        const std::string csv = loadSamplesCsv(runs);
        const auto written = writeWholeFile(options.csv, asBytes(csv), OutputFile::Existing::Replace);
        if (!written) return reportFailure(written.error(), options.csv);
    }
    Output out;
    if (options.json) {
        out << loadReportJson(checkpoint, options.device, runs) << "\n";
    } else {
        printRuns(out, checkpoint, runs);
    }
    return out.finish();
}

int statusOf(const std::vector<LoadRun>& runs) {
    int status = kExitDone;
    for (const LoadRun& run : runs) {
        if (run.cancelled) return kExitCancelled;
        if (run.error || !run.verified) status = kExitFailed;
    }
    return status;
}

Result<std::string> readExpected(const std::shared_ptr<const Checkpoint>& checkpoint, ProgressMode mode,
                                 const std::stop_token& stop) {
    ProgressPrinter progress("checksum", checkpoint->tensors.totalBytes(), mode);
    return expectedChecksum(checkpoint, progress.sink(), stop);
}

int load(const LoadOptions& options, const std::stop_token& stop) {
    const auto chosen = chosenStrategies(options);
    if (!chosen) return reportUsage(chosen.error().what);
    const auto opened = open(options.path, stop);
    if (!opened) return reportFailure(opened.error(), options.path);
    const auto expected = readExpected(*opened, options.progress, stop);
    if (!expected) return reportFailure(expected.error(), options.path);
    std::vector<LoadRun> runs;
    for (const std::string& strategy : *chosen) {
        LoadProgress progress(strategy, options.progress);
        auto run = runLoadTest(**opened, strategy, options.device, *expected, progress.observer(), stop);
        progress.finish();
        if (!run) return reportFailure(run.error(), options.path);
        runs.push_back(std::move(*run));
        if (runs.back().cancelled) break;
    }
    const int printed = printReport(options, **opened, runs);
    const int status = statusOf(runs);
    return status == kExitDone ? printed : status;
}

}  // namespace

void addLoad(CLI::App& app, Action& action) {
    auto* verb = app.add_subcommand("load", "Loads it in fresh processes and measures their memory");
    const auto options = std::make_shared<LoadOptions>();
    verb->add_option("PATH", options->path, "File, directory or *.index.json")->required();
    verb->add_option("--strategy", options->strategies, "all, or of " + knownStrategies())
        ->required()
        ->delimiter(',')
        ->allow_extra_args(false)
        ->option_text("NAME[,NAME...]");
    verb->add_option("--device", options->device, "cpu where not given")->option_text("cpu|cuda:N");
    verb->add_flag("--json", options->json, "One JSON document on stdout");
    verb->add_option("--csv", options->csv, "Also writes every point of the curves to this file")->option_text("OUT");
    addProgressOption(*verb, options->progress);
    verb->callback(
        [options, &action] { action = [options](const std::stop_token& stop) { return load(*options, stop); }; });
}

}  // namespace plimsoll::cli
