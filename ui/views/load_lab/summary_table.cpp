// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/load_lab/summary_table.h"

#include <QHeaderView>
#include <cmath>

#include "lab/predictions.h"
#include "lab/summary.h"
#include "text/text.h"

namespace plimsoll::ui {
namespace {

enum Column { CastTo = 1, Loaded, Time, Anonymous, Error, FileBacked, KernelPeak, Device, Disk, AskedFor };

QString bytes(double value) {
    return bytesText(static_cast<std::uint64_t>(value));
}

QString spreadText(const Spread& spread, std::size_t runs, QString (*text)(double)) {
    if (runs < 2) return text(spread.median);
    return QStringLiteral("%1  (%2 – %3)").arg(text(spread.median), text(spread.low), text(spread.high));
}

}  // namespace

QString castText(std::optional<DType> dtype) {
    return dtype ? toText(shortName(*dtype)) : SummaryTable::tr("as stored");
}

QString predictionText(const Prediction& prediction) {
    const QString bytes = bytesText(prediction.hostAnon);
    return isUpperBound(prediction) ? QStringLiteral("≤ ") + bytes : bytes;
}

QString predictionErrorText(const Prediction& prediction, double measured) {
    const auto percent = hostErrorPercent(prediction, measured);
    if (!percent) return {};
    if (*percent == 0) return QStringLiteral("0.0 %");
    return QStringLiteral("%1%2 %")
        .arg(*percent < 0 ? QStringLiteral("−") : QStringLiteral("+"))
        .arg(std::abs(*percent), 0, 'f', 1);
}

SummaryTable::SummaryTable(QWidget* parent)
    : StrategyTable(
          {{tr("Strategy"), {}, false},
           {tr("Weights become"), tr("The type to which the strategy casts while it loads."), false},
           {tr("Loaded"), tr("Loads that came to their end, of those that were tried.")},
           {tr("Time"), tr("Median of the rounds, with the shortest and the longest.")},
           {tr("Peak anonymous"), tr("Memory beyond the loader's own that the kernel cannot drop.")},
           {tr("Prediction's error"), tr("Predicted anonymous memory against what was measured.")},
           {tr("Peak file-backed"), tr("Mapped pages of the file: the kernel can drop them when memory runs short.")},
           {tr("Kernel's peak"), tr("The kernel's own record of the highest resident size: no sample can miss it.")},
           {tr("GPU allocated"), tr("What tensors take on the GPU.")},
           {tr("Read from disk"), tr("By the load program; the rest came from the page cache.")},
           {tr("Asked for"), tr("The page cache and the limits of these runs."), false}},
          parent) {
    setObjectName(QStringLiteral("summaryTable"));
    setAccessibleName(tr("Medians"));
    horizontalHeader()->moveSection(AskedFor, CastTo + 1);
}

void SummaryTable::show(const LoadReport& report) {
    setRowCount(0);
    setColumnHidden(Device, report.device == "cpu");
    setColumnHidden(AskedFor, true);
    for (const StrategySummary& one : summarize(report)) {
        const int row = addRow(toText(one.strategy));
        const auto set = [&](Column column, const QString& text) { setCell(row, column, text); };
        set(CastTo, castText(one.conditions.dtype));
        const QString conditions = toText(conditionsText(one.conditions));
        set(AskedFor, conditions);
        if (!conditions.isEmpty()) setColumnHidden(AskedFor, false);
        setCell(row, Loaded, tr("%1 of %2").arg(one.loaded).arg(one.runs), toText(one.failure));
        if (one.loaded == 0) continue;
        set(Time, spreadText(one.seconds, one.loaded, durationText));
        set(Anonymous, spreadText(one.anon, one.loaded, bytes));
        if (one.predicted) set(Error, predictionErrorText(*one.predicted, one.anon.median));
        set(FileBacked, spreadText(one.file, one.loaded, bytes));
        set(KernelPeak, spreadText(one.kernelPeak, one.loaded, bytes));
        if (one.deviceAllocated) set(Device, spreadText(*one.deviceAllocated, one.loaded, bytes));
        if (one.diskRead) set(Disk, spreadText(*one.diskRead, one.loaded, bytes));
    }
}

}  // namespace plimsoll::ui
