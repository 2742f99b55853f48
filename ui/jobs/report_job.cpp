// SPDX-License-Identifier: GPL-3.0-or-later
#include "jobs/report_job.h"

#include <utility>

#include "base/byte_cursor.h"
#include "io/output_file.h"
#include "lab/report_files.h"
#include "lab/report_json.h"
#include "lab/report_reader.h"

namespace plimsoll::ui {
namespace {

Result<std::string> contentOf(const LoadReport& report, ReportJob::Part part) {
    switch (part) {
        case ReportJob::Part::RunsCsv:
            return runsCsv(report);
        case ReportJob::Part::CurvesCsv:
            return loadSamplesCsv(report.runs);
        case ReportJob::Part::Png:
            return pngOf(memoryCurves(report));
        case ReportJob::Part::Svg:
            return svgOf(memoryCurves(report));
        case ReportJob::Part::Json:
        case ReportJob::Part::Folder:
            break;
    }
    return loadReportJson(report) + "\n";
}

Result<bool> write(const LoadReport& report, ReportJob::Part part, const std::string& path) {
    if (part == ReportJob::Part::Folder) {
        TRY(const auto files, writeReport(report, path));
        return !files.empty();
    }
    TRY(const std::string content, contentOf(report, part));
    TRY_VOID(writeWholeFile(path, asBytes(content), OutputFile::Existing::Replace));
    return true;
}

}  // namespace

void PredictJob::predict(std::shared_ptr<const Checkpoint> checkpoint, Comparison comparison, Room room) {
    using Predictions = std::vector<StrategyPrediction>;
    if (!room.host) room.host = availableHostMemory();
    start<Predictions>(
        [checkpoint = std::move(checkpoint), comparison = std::move(comparison), room](
            ProgressSink&, const std::stop_token&) -> Result<Predictions> {
            return predictLoads(*checkpoint, comparison, room);
        },
        [this, room](Result<Predictions> outcome) { emit predicted(outcome ? *outcome : Predictions(), room); });
}

void ReportJob::save(LoadReport report, Part part, const QString& path) {
    start<bool>([report = std::move(report), part, path = path.toStdString()](
                    ProgressSink&, const std::stop_token&) { return write(report, part, path); },
                [this](Result<bool> outcome) {
                    if (outcome)
                        emit saved();
                    else
                        emit failed(outcome.error());
                });
}

void ReportJob::open(const QString& path) {
    using Report = std::shared_ptr<const LoadReport>;
    start<Report>(
        [path = path.toStdString()](ProgressSink&, const std::stop_token&) -> Result<Report> {
            TRY(LoadReport report, readLoadReport(reportPath(path)));
            return std::make_shared<const LoadReport>(std::move(report));
        },
        [this](Result<Report> outcome) {
            if (outcome)
                emit opened(*outcome);
            else
                emit failed(outcome.error());
        });
}

}  // namespace plimsoll::ui
