// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/byte_cursor.h"
#include "failure.h"
#include "io/address.h"
#include "io/output_file.h"
#include "lab/comparison.h"
#include "lab/report_json.h"
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

int printReport(const LoadOptions& options, const LoadReport& report) {
    if (!options.csv.empty()) {
        const std::string csv = loadSamplesCsv(report.runs);
        const auto written = writeWholeFile(options.csv, asBytes(csv), OutputFile::Existing::Replace);
        if (!written) return reportFailure(written.error(), options.csv);
    }
    Output out;
    if (options.json) {
        out << loadReportJson(report) << "\n";
    } else {
        printLoadTable(out, report);
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

int load(const LoadOptions& options, const std::stop_token& stop) {
    const auto chosen = chosenStrategies(options);
    if (!chosen) return reportUsage(chosen.error().what);
    if (isAddress(options.path)) return reportUsage("PATH: load tests read files of this machine; download it first");
    const auto opened = open(options.path, stop);
    if (!opened) return reportFailure(opened.error(), options.path);
    Checksums checksums;
    Progress progress(options.progress);
    const auto report = compareLoads(*opened, {*chosen, options.device, options.dtype, 1}, checksums, progress, stop);
    if (!report) return reportFailure(report.error(), options.path);
    const int printed = printReport(options, *report);
    const int status = statusOf(report->runs);
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
    addChoice<std::optional<DType>>(*verb, "--dtype", options->dtype, targetChoices(),
                                    "Type to which lazy and mmap-process cast; bf16 where not given");
    verb->add_flag("--json", options->json, "One JSON document on stdout");
    verb->add_option("--csv", options->csv, "Also writes every point of the curves to this file")->option_text("OUT");
    addProgressOption(*verb, options->progress);
    verb->callback(
        [options, &action] { action = [options](const std::stop_token& stop) { return load(*options, stop); }; });
}

}  // namespace plimsoll::cli
