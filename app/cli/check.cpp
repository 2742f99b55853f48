// SPDX-License-Identifier: GPL-3.0-or-later
#include "findings/check.h"

#include <fmt/format.h>

#include "base/glob.h"
#include "failure.h"
#include "findings/rules.h"
#include "findings_output.h"
#include "text.h"
#include "verbs.h"

namespace plimsoll::cli {

namespace {

struct CheckVerb {
    std::string path;
    CheckOptions options;
    bool json = false;
    std::string sarif;
    ProgressMode progress = ProgressMode::Auto;
};

std::string wordsOf(const NotChecked& item) {
    return fmt::format("{} was not checked: {}", item.what, item.why);
}

std::vector<Finding> findingsOf(const CheckReport& report) {
    auto all = report.findings;
    for (const auto& item : report.notDone) all.emplace_back(rules::kNotChecked, item.place, wordsOf(item));
    return all;
}

int printText(const CheckReport& report) {
    Output out;
    for (const auto& finding : findingsOf(report)) printFinding(out, printable(finding.place.file), finding);
    for (const auto& done : report.done) out << "checked: " << printable(done) << "\n";
    out << printable(report.path) << ": "
        << (report.sound()            ? "sound"
            : report.findings.empty() ? "not fully checked"
                                      : "findings");
    if (report.bytesRead > 0) out << " (" << formatByteSize(report.bytesRead) << " read)";
    out << "\n";
    return out.finish();
}

int printJson(const CheckReport& report) {
    Output out;
    JsonWriter json(out);
    json.beginObject();
    json.field("path", report.path);
    json.field("format", report.content);
    json.field("sound", report.sound());
    json.key("files");
    json.beginArray();
    for (const auto& file : report.files) json.string(file);
    json.endArray();
    json.key("done");
    json.beginArray();
    for (const auto& done : report.done) json.string(done);
    json.endArray();
    json.key("not_done");
    json.beginArray();
    for (const auto& item : report.notDone) {
        json.beginObject();
        writePlace(json, item.place);
        json.field("what", item.what);
        json.field("why", item.why);
        json.endObject();
    }
    json.endArray();
    json.key("findings");
    writeFindings(json, report.findings);
    json.field("bytes_read", report.bytesRead);
    json.endObject();
    json.lineBreak();
    json.flush();
    return out.finish();
}

Result<CheckReport> checkWithProgress(const CheckVerb& verb, const std::stop_token& stop) {
    CheckOptions options = verb.options;
    TRY(options.read, readOptions());
    ProgressPrinter progress("checking", 0, verb.progress);
    return check(verb.path, options, progress.sink(), stop);
}

int run(const CheckVerb& verb, const std::stop_token& stop) {
    const auto report = checkWithProgress(verb, stop);
    if (!report) return reportFailure(report.error(), verb.path);
    if (!verb.sarif.empty()) {
        const SarifRun sarif{PLIMSOLL_VERSION, report->files, findingsOf(*report), report->notDone.empty()};
        if (const auto written = writeSarifFile(verb.sarif, sarif); !written)
            return reportFailure(written.error(), verb.sarif);
    }
    const int printed = verb.json ? printJson(*report) : printText(*report);
    if (printed != kExitDone) return printed;
    return report->sound() ? kExitDone : kExitFindings;
}

}  // namespace

void addCheck(CLI::App& app, Action& action) {
    auto* verb = app.add_subcommand("check", "Is the checkpoint whole: headers, CRC-32, spans, index; --deep: values");
    const auto options = std::make_shared<CheckVerb>();
    verb->add_option("PATH", options->path, "File, directory or *.index.json")->required();
    verb->add_flag("--deep", options->options.deep, "Also reads every tensor: NaN, infinities, all zero, constant");
    addFindingOutputs(*verb, options->json, options->sarif);
    addProgressOption(*verb, options->progress);
    verb->footer("Exit status 0: sound, 3: findings or checks that could not be done.");
    verb->callback(
        [options, &action] { action = [options](const std::stop_token& stop) { return run(*options, stop); }; });
}

}  // namespace plimsoll::cli
