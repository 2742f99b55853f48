// SPDX-License-Identifier: GPL-3.0-or-later
#include "findings/scan.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "failure.h"
#include "findings_output.h"
#include "text.h"
#include "verbs.h"

namespace plimsoll::cli {

namespace {

struct ScanOptions {
    std::vector<std::string> paths;
    bool json = false;
    std::string sarif;
    ProgressMode progress = ProgressMode::Auto;
};

void printFile(Output& out, const ScannedFile& file) {
    const std::string name = printable(file.relativePath);
    for (const auto& finding : allFindings(file)) printFinding(out, name, finding);
    out << name << ": " << (file.unreadable ? "unreadable" : scanVerdictName(file.verdict())) << " ("
        << printable(file.verdictReason()) << ")\n";
}

void writeGlobal(JsonWriter& json, const ScannedGlobal& scanned) {
    json.beginObject();
    json.field("module", scanned.global.module);
    json.field("name", scanned.global.name);
    json.field("verdict", verdictName(scanned.global.verdict));
    json.field("dynamic", scanned.global.dynamic);
    json.field("reason", scanned.global.reason);
    writePlace(json, scanned.place);
    json.endObject();
}

void writeFile(JsonWriter& json, const ScannedFile& file) {
    json.beginObject();
    json.field("path", file.path);
    json.field("file", file.relativePath);
    json.field("bytes", file.bytes);
    json.field("content", file.content);
    json.field("verdict", scanVerdictName(file.verdict()));
    json.field("reason", file.verdictReason());
    json.field("pickles", file.pickles);
    json.key("error");
    file.unreadable ? json.string(describe(*file.unreadable, file.path)) : json.null();
    json.key("globals");
    json.beginArray();
    for (const auto& scanned : file.globals) writeGlobal(json, scanned);
    json.endArray();
    json.key("skipped");
    json.beginArray();
    for (const auto& skipped : file.skipped) {
        json.beginObject();
        writePlace(json, skipped.place);
        json.field("reason", skipped.reason);
        json.endObject();
    }
    json.endArray();
    json.key("findings");
    writeFindings(json, file.findings);
    json.endObject();
}

int printJson(const ScanReport& report) {
    Output out;
    JsonWriter json(out);
    json.beginObject();
    json.field("verdict", scanVerdictName(report.verdict()));
    json.key("files");
    json.beginArray();
    for (const auto& file : report.files) writeFile(json, file);
    json.endArray();
    json.endObject();
    json.lineBreak();
    json.flush();
    return out.finish();
}

int printText(const ScanReport& report) {
    Output out;
    for (const auto& file : report.files) printFile(out, file);
    return out.finish();
}

Result<void> writeSarif(const std::string& path, const ScanReport& report) {
    SarifRun run;
    run.version = PLIMSOLL_VERSION;
    for (const auto& file : report.files) {
        run.roots.push_back(file.relativePath);
        const auto findings = allFindings(file);
        run.findings.insert(run.findings.end(), findings.begin(), findings.end());
        run.complete = run.complete && !file.unreadable && file.skipped.empty();
    }
    return writeSarifFile(path, run);
}

int scanAll(const ScanOptions& options, const std::stop_token& stop) {
    ScanReport report;
    int status = kExitDone;
    const auto read = readOptions();
    if (!read) return reportFailure(read.error(), options.paths.front());
    for (const auto& path : options.paths) {
        ProgressPrinter progress("scanning", 0, options.progress);
        auto one = scan(path, progress.sink(), stop, *read);
        if (!one) {
            status = reportFailure(one.error(), path);
            if (one.error().code == Errc::Cancelled) return status;
            continue;
        }
        std::ranges::move(one->files, std::back_inserter(report.files));
    }
    for (const auto& file : report.files)
        if (file.unreadable) status = reportFailure(*file.unreadable, file.path);
    if (!options.sarif.empty())
        if (const auto written = writeSarif(options.sarif, report); !written)
            return reportFailure(written.error(), options.sarif);
    const int printed = options.json ? printJson(report) : printText(report);
    if (printed != kExitDone) return printed;
    if (status != kExitDone) return status;
    return report.verdict() == ScanVerdict::Clean ? kExitDone : kExitFindings;
}

}  // namespace

void addScan(CLI::App& app, Action& action) {
    auto* verb = app.add_subcommand("scan", "Looks for what pickles would import, and says how dangerous it is");
    const auto options = std::make_shared<ScanOptions>();
    verb->add_option("PATH", options->paths,
                     "Files, directories (with all below them), *.index.json, http(s):// addresses")
        ->required();
    addFindingOutputs(*verb, options->json, options->sarif);
    addProgressOption(*verb, options->progress);
    verb->footer("Nothing is executed. Exit status 0: clean, 3: findings or parts that could not be looked into.");
    verb->callback(
        [options, &action] { action = [options](const std::stop_token& stop) { return scanAll(*options, stop); }; });
}

}  // namespace plimsoll::cli
