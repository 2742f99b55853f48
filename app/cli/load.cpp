// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/byte_cursor.h"
#include "base/glob.h"
#include "failure.h"
#include "io/address.h"
#include "io/output_file.h"
#include "lab/comparison.h"
#include "lab/predictions.h"
#include "lab/report_files.h"
#include "lab/report_json.h"
#include "lab/report_reader.h"
#include "load_progress.h"
#include "load_table.h"
#include "output.h"
#include "verbs.h"

namespace plimsoll::cli {

namespace {

struct LoadOptions {
    std::string path;
    std::vector<std::string> strategies;
    std::string device = "cpu";
    std::optional<DType> dtype;
    bool json = false;
    std::string csv;
    bool predictOnly = false;
    Room room;
    CacheState cache = CacheState::AsIs;
    std::optional<std::uint64_t> hostLimit;
    std::optional<std::uint64_t> deviceLimit;
    unsigned repeat = 1;
    std::string report;
    std::string plot;
    std::string from;
    std::string snippet;
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

// What the user asked for besides the table. What cannot be written is reported and keeps nothing else from being
// written: measuring it anew may take an hour.
int writeFiles(const LoadOptions& options, const LoadReport& report) {
    int status = kExitDone;
    const auto check = [&](const auto& done, const std::string& path) {
        if (!done) status = reportFailure(done.error(), path);
    };
    const auto write = [](const std::string& path, const std::string& text) {
        return writeWholeFile(path, asBytes(text), OutputFile::Existing::Replace);
    };
    if (!options.csv.empty()) check(write(options.csv, loadSamplesCsv(report.runs)), options.csv);
    if (!options.plot.empty()) {
        const auto picture = options.plot.ends_with(".png") ? pngOf(memoryCurves(report))
                                                            : Result<std::string>(svgOf(memoryCurves(report)));
        check(picture.and_then([&](const std::string& text) { return write(options.plot, text); }), options.plot);
    }
    if (!options.report.empty()) check(writeReport(report, options.report), options.report);
    return status;
}

int printReport(const LoadOptions& options, const LoadReport& report) {
    const int written = writeFiles(options, report);
    Output out;
    if (options.json)
        out << loadReportJson(report) << "\n";
    else
        printLoadTable(out, report);
    const int printed = out.finish();
    return written == kExitDone ? printed : written;
}

int statusOf(const std::vector<LoadRun>& runs) {
    int status = kExitDone;
    for (const LoadRun& run : runs) {
        if (run.cancelled) return kExitCancelled;
        if (run.error || !run.verified) status = kExitFailed;
    }
    return status;
}

// This machine where the user typed no sizes.
Room roomOf(const LoadOptions& options) {
    Room room = options.room;
    if (!room.host) room.host = availableHostMemory();
    if (options.device == "cpu" || room.device) return room;
    const LoaderStatus loader = probeLoader();
    for (std::size_t n = 0; n < loader.devices.size() && n < loader.deviceBytes.size(); ++n)
        if (loader.devices[n] == options.device) room.device = loader.deviceBytes[n];
    return room;
}

int printPredictions(const LoadOptions& options, const Checkpoint& checkpoint, const Comparison& comparison) {
    const Room room = roomOf(options);
    const auto predictions = predictLoads(checkpoint, comparison, room);
    Output out;
    if (options.json)
        out << predictionsJson(checkpoint, options.device, room, predictions) << "\n";
    else
        printPredictionTable(out, checkpoint, options.device, room, predictions);
    return out.finish();
}

void addSize(CLI::App& verb, const std::string& name, std::optional<std::uint64_t>& bytes, const std::string& help) {
    verb.add_option_function<std::string>(
            name,
            [&bytes, name](const std::string& text) {
                const auto size = parseByteSize(text);
                if (!size) throw CLI::ValidationError(name, size.error().what);
                bytes = *size;
            },
            help)
        ->option_text("SIZE");
}

std::vector<std::pair<std::string, std::optional<DType>>> targetChoices() {
    std::vector<std::pair<std::string, std::optional<DType>>> choices;
    for (const DType dtype : {DType::F64, DType::F32, DType::F16, DType::BF16, DType::F8_E4M3FN, DType::F8_E5M2})
        choices.emplace_back(shortName(dtype), dtype);
    return choices;
}

// Shows each step of a comparison on stderr.
class Progress final : public ComparisonObserver {
public:
    explicit Progress(ProgressMode mode) : mode_(mode) {}

    ProgressSink& preparing(std::string_view what, std::uint64_t bytes) override {
        printer_.reset();
        printer_.emplace(std::string(what), bytes, mode_);
        return printer_->sink();
    }
    LoadObserver runStarted(std::size_t, const LoadTest& test) override {
        printer_.reset();
        run_.emplace(test.strategy, mode_);
        return run_->observer();
    }
    void runFinished(std::size_t, const LoadRun&) override { run_->finish(); }

private:
    ProgressMode mode_;
    std::optional<ProgressPrinter> printer_;
    std::optional<LoadProgress> run_;
};

int printSnippet(const LoadOptions& options) {
    const StrategyInfo* strategy = findStrategy(options.snippet);
    if (strategy == nullptr) return reportUsage("--snippet: '" + options.snippet + "' is none of " + knownStrategies());
    Output out;
    out << snippetOf(*strategy, options.device, options.dtype);
    return out.finish();
}

// Shows a saved report as if its runs had just been made; the exit status tells of reading it only.
int reopen(const LoadOptions& options) {
    const auto report = readLoadReport(reportPath(options.from));
    if (!report) return reportFailure(report.error(), options.from);
    return printReport(options, *report);
}

int load(const LoadOptions& options, const std::stop_token& stop) {
    if (!options.snippet.empty()) return printSnippet(options);
    if (!options.plot.empty() && !options.plot.ends_with(".svg") && !options.plot.ends_with(".png"))
        return reportUsage("--plot: '" + options.plot + "' ends neither in .svg nor in .png");
    if (!options.from.empty()) return reopen(options);
    if (options.path.empty()) return reportUsage("load needs a PATH");
    if (options.strategies.empty()) return reportUsage("load needs a --strategy");
    const auto chosen = chosenStrategies(options);
    if (!chosen) return reportUsage(chosen.error().what);
    if (options.deviceLimit && options.device == "cpu") return reportUsage("--limit-device needs a CUDA --device");
    if (isAddress(options.path)) return reportUsage("PATH: load tests read files of this machine; download it first");
    const auto opened = open(options.path, stop);
    if (!opened) return reportFailure(opened.error(), options.path);
    const Comparison comparison{*chosen,           options.device,      options.dtype, options.cache,
                                options.hostLimit, options.deviceLimit, options.repeat};
    if (options.predictOnly) return printPredictions(options, **opened, comparison);
    Checksums checksums;
    Progress progress(options.progress);
    const auto report = compareLoads(*opened, comparison, checksums, progress, stop);
    if (!report && report.error().code == Errc::Usage) return reportUsage(report.error().what);
    if (!report) return reportFailure(report.error(), options.path);
    const int printed = printReport(options, *report);
    const int status = statusOf(report->runs);
    return status == kExitDone ? printed : status;
}

}  // namespace

void addLoad(CLI::App& app, Action& action) {
    auto* verb = app.add_subcommand("load", "Loads it in fresh processes and measures their memory");
    const auto options = std::make_shared<LoadOptions>();
    verb->add_option("PATH", options->path, "File, directory or *.index.json");
    verb->add_option("--strategy", options->strategies, "all, or of " + knownStrategies())
        ->delimiter(',')
        ->allow_extra_args(false)
        ->option_text("NAME[,NAME...]");
    verb->add_option("--device", options->device, "cpu where not given; cuda is cuda:0")
        ->transform([](const std::string& device) { return device == "cuda" ? "cuda:0" : device; })
        ->option_text("cpu|cuda:N");
    addChoice<std::optional<DType>>(*verb, "--dtype", options->dtype, targetChoices(),
                                    "Type to which lazy and mmap-process cast (bf16 where not given), and streamed");
    verb->add_flag("--predict-only", options->predictOnly, "Predicts the peaks and whether they fit; loads nothing");
    addSize(*verb, "--host-memory", options->room.host, "What must fit; this machine's free memory where not given");
    addSize(*verb, "--device-memory", options->room.device, "What must fit; this device's memory where not given");
    addChoice<CacheState>(*verb, "--cache", options->cache,
                          {{"cold", CacheState::Cold}, {"warm", CacheState::Warm}, {"as-is", CacheState::AsIs}},
                          "The file's pages in the page cache before each run: dropped, read in, or as they are");
    addSize(*verb, "--limit-host", options->hostLimit,
            "Memory of the load program, its libraries apart: a control group (v2) where permitted, else RLIMIT_DATA");
    addSize(*verb, "--limit-device", options->deviceLimit, "Memory of the device that the load program may use");
    verb->add_option("--repeat", options->repeat, "Rounds; strategies take turns")
        ->check(CLI::Range(1U, 1000U))
        ->option_text("N");
    verb->add_flag("--json", options->json, "One JSON document on stdout");
    verb->add_option("--csv", options->csv, "Also writes every point of the curves to this file")->option_text("OUT");
    verb->add_option("--plot", options->plot, "Also draws the curves into this file")->option_text("OUT.png|svg");
    verb->add_option("--report", options->report, "Also writes a page with tables and plots, JSON and CSV, here")
        ->option_text("DIR");
    verb->add_option("--from", options->from, "Shows a report saved by --report or in the window; loads nothing")
        ->option_text("DIR|report.json");
    verb->add_option("--snippet", options->snippet, "Prints the strategy in PyTorch, to copy; loads nothing")
        ->option_text("NAME");
    addProgressOption(*verb, options->progress);
    verb->callback(
        [options, &action] { action = [options](const std::stop_token& stop) { return load(*options, stop); }; });
}

}  // namespace plimsoll::cli
