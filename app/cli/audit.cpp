// SPDX-License-Identifier: GPL-3.0-or-later
#include "audit/audit.h"

#include <utility>

#include "audit_report.h"
#include "failure.h"
#include "verbs.h"

namespace plimsoll::cli {

namespace {

struct AuditVerbOptions {
    std::string path;
    bool json = false;
    bool noRead = false;
    unsigned threads = 0;
    ProgressMode progress = ProgressMode::Auto;
};

int runAudit(const AuditVerbOptions& options, const std::stop_token& stop) {
    auto opened = open(options.path, stop);
    if (!opened) return reportFailure(opened.error(), options.path);
    AuditOptions wanted;
    wanted.readTensors = !options.noRead;
    wanted.threads = options.threads;
    Result<AuditReport> report;
    {
        ProgressPrinter progress("reading", 0, options.progress);
        report = audit(std::move(*opened), wanted, progress.sink(), stop);
    }
    if (!report) return reportFailure(report.error(), options.path);
    Output out;
    if (options.json) {
        writeAuditJson(out, *report);
    } else {
        printAudit(out, *report);
    }
    return out.finish();
}

}  // namespace

void addAudit(CLI::App& app, Action& action) {
    auto* verb = app.add_subcommand("audit", "Tells where the bytes went, and what would make the file smaller");
    const auto options = std::make_shared<AuditVerbOptions>();
    verb->add_option("PATH", options->path, "File, directory, *.index.json or http(s):// address")->required();
    verb->add_flag("--no-read", options->noRead, "Reads no tensor byte: identical tensors are not looked for");
    addThreadsOption(*verb, options->threads);
    verb->add_flag("--json", options->json, "One JSON document on stdout");
    addProgressOption(*verb, options->progress);
    verb->callback(
        [options, &action] { action = [options](const std::stop_token& stop) { return runAudit(*options, stop); }; });
}

}  // namespace plimsoll::cli
