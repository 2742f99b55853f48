// SPDX-License-Identifier: GPL-3.0-or-later
#include "jobs/diff_job.h"

#include <QFile>
#include <QSaveFile>
#include <algorithm>

#include "checkpoint/tensor_reader.h"
#include "formats/registry.h"
#include "text/diff_list.h"
#include "text/text.h"

namespace plimsoll::ui {
namespace {

TensorPart wholePart(const Checkpoint& checkpoint, TensorReader& reader, TensorId tensor, const std::stop_token& stop) {
    const ElementForm form = elementForm(checkpoint.tensors, tensor);
    return {reader, tensor, form.dtype, form.bytes, Slice::whole(form.shape), stop};
}

Result<PairHistograms> histogramsOf(const DiffReport& report, TensorId a, TensorId b, ProgressSink& progress,
                                    const std::stop_token& stop) {
    TensorReader readerA(report.a, stop);
    TensorReader readerB(report.b, stop);
    const TensorPart left = wholePart(*report.a, readerA, a, stop);
    const TensorPart right = wholePart(*report.b, readerB, b, stop);
    progress.announce(2 * (left.bytes() + right.bytes()));
    PairHistograms result;
    TRY(result.a, computeStats(left, progress));
    TRY(result.b, computeStats(right, progress));
    const double low = std::min(result.a.min, result.b.min);
    const double high = std::max(result.a.max, result.b.max);
    TRY(result.left, computeHistogram(left, low, high, PairJob::kBins, progress));
    TRY(result.right, computeHistogram(right, low, high, PairJob::kBins, progress));
    return result;
}

}  // namespace

void DiffJob::compare(Request request) {
    using Report = std::shared_ptr<const DiffReport>;
    const std::string pathB = request.b ? request.b->path : QFile::encodeName(request.pathB).toStdString();
    if (request.options.values)
        announce({tr("Compare %1 with %2").arg(fileName(toText(request.a->path)), fileName(toText(pathB))),
                  toText(diffCommandLine(request.a->path, pathB, request.options)), true});
    start<Report>(
        [request = std::move(request), pathB](ProgressSink& progress, const std::stop_token& stop) -> Result<Report> {
            auto b = request.b;
            if (!b) {
                TRY(b, openCheckpoint(pathB, stop));
            }
            TRY(auto report, diff(request.a, std::move(b), request.options, progress, stop));
            return std::make_shared<const DiffReport>(std::move(report));
        },
        [this](Result<Report> outcome) {
            if (outcome) {
                const DiffReport& report = **outcome;
                setResult(report.equal() ? tr("equal")
                                         : tr("%1 of %2 pairs the same").arg(report.same).arg(report.pairs.size()));
                emit compared(*outcome);
            } else {
                emit failed(outcome.error());
            }
        });
}

void DiffRowsJob::build(std::shared_ptr<const DiffReport> report, DiffQuery query) {
    using Rows = std::shared_ptr<DiffRows>;
    start<Rows>(
        [report = std::move(report), query = std::move(query)](ProgressSink&,
                                                               const std::stop_token& stop) -> Result<Rows> {
            auto rows = std::make_shared<DiffRows>(buildDiffRows(report, query, stop));
            if (!rows->report) return cancelled();
            return rows;
        },
        [this](Result<Rows> outcome) {
            if (outcome) emit built(*outcome);
        });
}

void DiffCsvJob::write(DiffRows rows, const QString& path) {
    start<bool>(
        [rows = std::move(rows), path](ProgressSink&, const std::stop_token&) -> Result<bool> {
            const std::string text = diffCsv(rows);
            QSaveFile file(path);
            const bool written = file.open(QIODevice::WriteOnly) &&
                                 file.write(text.data(), static_cast<qint64>(text.size())) >= 0 && file.commit();
            if (!written) return fail(Errc::Io, path.toStdString() + ": " + file.errorString().toStdString());
            return true;
        },
        [this, path](Result<bool> outcome) {
            if (outcome) {
                emit written(path);
            } else {
                emit failed(outcome.error());
            }
        });
}

void PairJob::compute(std::shared_ptr<const DiffReport> report, TensorId a, TensorId b) {
    start<PairHistograms>(
        [report = std::move(report), a, b](ProgressSink& progress, const std::stop_token& stop) {
            return histogramsOf(*report, a, b, progress, stop);
        },
        [this](Result<PairHistograms> outcome) {
            if (outcome) {
                emit computed(*outcome);
            } else {
                emit failed(outcome.error());
            }
        });
}

}  // namespace plimsoll::ui
