// SPDX-License-Identifier: GPL-3.0-or-later
#include "compare/diff.h"

#include <utility>

#include "diff_report.h"
#include "failure.h"
#include "verbs.h"

namespace plimsoll::cli {

namespace {

struct DiffVerbOptions {
    std::string a;
    std::string b;
    bool values = false;
    std::vector<std::string> renames;
    unsigned threads = 0;
    bool json = false;
    ProgressMode progress = ProgressMode::Auto;
};

int runDiff(const DiffVerbOptions& options, const std::stop_token& stop) {
    DiffOptions wanted;
    wanted.values = options.values;
    wanted.threads = options.threads;
    for (const std::string& text : options.renames) {
        auto rule = RenameRule::parse(text);
        if (!rule) return reportUsage("--rename: " + rule.error().what);
        wanted.renames.push_back(std::move(*rule));
    }
    auto a = open(options.a, stop);
    if (!a) return reportFailure(a.error(), options.a);
    auto b = open(options.b, stop);
    if (!b) return reportFailure(b.error(), options.b);
    Result<DiffReport> report;
    {
        ProgressPrinter progress("comparing", 0, options.progress);
        report = diff(std::move(*a), std::move(*b), wanted, progress.sink(), stop);
    }
    if (!report) return reportFailure(report.error(), options.a);
    Output out;
    if (options.json) {
        writeDiffJson(out, *report);
    } else {
        printDiff(out, *report);
    }
    const int status = out.finish();
    return status == kExitDone && !report->equal() ? kExitFindings : status;
}

}  // namespace

void addDiff(CLI::App& app, Action& action) {
    auto* verb = app.add_subcommand("diff", "Compares two checkpoints; the exit status is 3 where they differ");
    const auto options = std::make_shared<DiffVerbOptions>();
    verb->add_option("A", options->a, "File, directory or *.index.json")->required();
    verb->add_option("B", options->b, "The same, of any format")->required();
    verb->add_flag("--values", options->values, "Also reads and compares the elements, across types");
    addRepeatable(*verb, "--rename", options->renames,
                  "How names of A are spelled in B: model=net and model= change whole components at the front, "
                  "'*.gamma=*.weight' whole names, 'h\\.(\\d+)=>layers.\\1' whatever the regular expression matches")
        ->option_text("FROM=TO");
    addThreadsOption(*verb, options->threads);
    verb->add_flag("--json", options->json, "One JSON document on stdout");
    addProgressOption(*verb, options->progress);
    verb->callback(
        [options, &action] { action = [options](const std::stop_token& stop) { return runDiff(*options, stop); }; });
}

}  // namespace plimsoll::cli
