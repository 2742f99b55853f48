// SPDX-License-Identifier: GPL-3.0-or-later
#include "findings/check.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "checkpoint/words.h"
#include "findings/check_parts.h"
#include "formats/registry.h"

namespace plimsoll {

namespace {

// Opening tells what is wrong as texts; what they are about follows from which file they name.
const Rule& ruleOf(const Checkpoint& checkpoint, std::string_view warning) {
    const bool isSet = !checkpoint.indexPath.empty();
    for (const auto& file : checkpoint.files) {
        const bool named = !file.relativePath.empty() && warning.starts_with(file.relativePath + ": ");
        if (named) return file.mapping ? rules::kInconsistent : rules::kMissingShard;
    }
    return isSet ? rules::kIndexMismatch : rules::kInconsistent;
}

// The archive of a file that does not open can be summed all the same.
void addBrokenFile(const CheckContext& context, const std::string& path, const ReadOptions& read, ZipCheck& zip,
                   const Error& error) {
    const std::string broken = error.path.empty() ? path : error.path;
    const std::string name = std::filesystem::path(broken).filename().string();
    context.find(rules::kUnreadable, {name, {}, error.offset, false}, error.what);
    context.notDone({name, {}, kNoOffset, false}, "spans and values of its tensors", "it does not open");
    context.report.files.push_back(name);
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(broken, ignored)) return;
    if (const auto mapping = MappedFile::open(broken, read)) zip.addFile(name, *mapping);
}

void addCheckpoint(const CheckContext& context, const Checkpoint& checkpoint, ZipCheck& zip) {
    context.report.content = formatName(checkpoint.format);
    for (const auto& warning : checkpoint.warnings) context.find(ruleOf(checkpoint, warning), {}, warning);
    for (const auto& file : checkpoint.files) {
        context.report.files.push_back(file.relativePath);
        if (file.mapping)
            zip.addFile(file.relativePath, file.mapping);
        else
            context.notDone({file.relativePath, {}, kNoOffset, false}, "everything in the file", "it cannot be read");
    }
    context.report.done.push_back(
        fmt::format("structure of {}, {}", context.report.content, countText(checkpoint.tensors.size(), "tensor")));
    checkSpans(context, checkpoint);
}

// A finding about the whole names what was asked for.
void completePlaces(CheckReport& report) {
    const std::string name = std::filesystem::path(report.path).filename().string();
    for (auto& finding : report.findings)
        if (finding.place.file.empty()) finding.place.file = name;
    for (auto& item : report.notDone)
        if (item.place.file.empty()) item.place.file = name;
    std::ranges::stable_sort(report.findings, std::ranges::greater{}, &Finding::severity);
}

}  // namespace

Result<CheckReport> check(const std::string& path, const CheckOptions& options, ProgressSink& progress,
                          const std::stop_token& stop) {
    CheckReport report;
    report.path = path;
    CheckContext context{report, options.threads, progress, stop};
    ReadOptions read = options.read;
    read.stop = stop;
    auto opened = openCheckpoint(path, stop, nullptr, read);
    ZipCheck zip(context);
    if (opened) {
        addCheckpoint(context, **opened, zip);
    } else {
        const Errc code = opened.error().code;
        if (code == Errc::Io || code == Errc::Usage || code == Errc::Cancelled) return fail(std::move(opened.error()));
        addBrokenFile(context, path, read, zip, opened.error());
    }
    std::unique_ptr<ValueCheck> values;
    if (options.deep && opened) {
        values = std::make_unique<ValueCheck>(context, *opened);
        zip.sumValues(*values);
    }
    progress.announce(zip.bytes() + (values ? values->bytes() : 0));
    TRY_VOID(zip.run());
    if (values) TRY_VOID(values->run());
    completePlaces(report);
    return report;
}

}  // namespace plimsoll
