// SPDX-License-Identifier: GPL-3.0-or-later
#include "jobs/open_job.h"

#include <QFile>
#include <filesystem>
#include <system_error>

#include "findings/rest_scanner.h"
#include "formats/directory.h"
#include "formats/registry.h"
#include "lab/report_reader.h"

namespace plimsoll::ui {
namespace {

// One of the two.
struct Opened {
    OpenedCheckpoint checkpoint;
    std::shared_ptr<const LoadReport> report;
};

Result<Opened> openSaved(const std::string& path) {
    TRY(LoadReport report, readLoadReport(reportPath(path)));
    return Opened{{}, std::make_shared<const LoadReport>(std::move(report))};
}

Result<Opened> prepare(std::shared_ptr<const Checkpoint> checkpoint, const std::stop_token& stop) {
    const auto names =
        std::make_shared<const TensorNames>(TensorNames{checkpoint, NameTree::build(checkpoint->tensors)});
    auto tree = TensorTree::build(names, {}, stop);
    if (tree == nullptr) return cancelled();
    auto open = firstExpansion(*tree);
    OpenedCheckpoint opened;
    opened.checkpoint = std::move(checkpoint);
    opened.rows = std::make_shared<const TensorRows>(layOutRows(std::move(tree), std::move(open)));
    opened.overview = std::make_shared<const Overview>(surveyCheckpoint(*opened.checkpoint));
    if (stop.stop_requested()) return cancelled();
    return Opened{std::move(opened), nullptr};
}

// What is known of a path that does not open.
struct Told {
    std::vector<GlobalRef> globals;
    std::vector<std::string> choices;
};

std::vector<std::string> checkpointsIn(const std::string& folder) {
    std::vector<std::string> paths;
    if (const auto content = lookInto(folder, {}))
        for (const FileOfSet& file : content->tensorFiles) paths.push_back(file.path);
    return paths;
}

// A folder that holds a checkpoint is that, whatever lies beside it.
Result<Opened> openAny(const std::string& path, Told& told, const std::stop_token& stop) {
    std::error_code error;
    const bool folder = std::filesystem::is_directory(path, error);
    if (!folder && isLoadReport(path)) return openSaved(path);
    RestScanner rest(stop);
    auto checkpoint = openCheckpoint(path, stop, &told.globals, {}, &rest);
    if (checkpoint) return prepare(*std::move(checkpoint), stop);
    if (folder && isLoadReport(path)) return openSaved(path);
    if (folder && checkpoint.error().code == Errc::Usage) told.choices = checkpointsIn(path);
    return fail(std::move(checkpoint.error()));
}

OpenFailure failureOf(const QString& path, const Error& error, const Told& told) {
    OpenFailure failure{path, error, told.globals, {}};
    for (const std::string& choice : told.choices) failure.choices << QFile::decodeName(choice.c_str());
    // Nothing is wrong with the checkpoints; each is judged when it is opened.
    if (!told.choices.empty()) failure.globals.clear();
    return failure;
}

}  // namespace

void OpenJob::open(const QString& path) {
    const auto told = std::make_shared<Told>();
    const std::string native = QFile::encodeName(path).toStdString();
    start<Opened>([native, told](ProgressSink&, const std::stop_token& stop) { return openAny(native, *told, stop); },
                  [this, path, told](Result<Opened> outcome) {
                      if (!outcome)
                          emit failed(failureOf(path, outcome.error(), *told));
                      else if (outcome->report)
                          emit reportOpened(outcome->report);
                      else
                          emit opened(outcome->checkpoint);
                  });
}

}  // namespace plimsoll::ui
