// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/load_lab/summary_table.h"

#include <QEvent>
#include <QHeaderView>
#include <cmath>

#include "lab/summary.h"
#include "text/text.h"
#include "views/load_lab/strategy_list.h"

namespace plimsoll::ui {
namespace {

enum Column { Strategy, CastTo, Loaded, Time, Anonymous, Error, FileBacked, KernelPeak, Device, Disk, ColumnCount };

QString bytes(double value) {
    return bytesText(static_cast<std::uint64_t>(value));
}

QString spreadText(const Spread& spread, std::size_t runs, QString (*text)(double)) {
    if (runs < 2) return text(spread.median);
    return QStringLiteral("%1  (%2 – %3)").arg(text(spread.median), text(spread.low), text(spread.high));
}

}  // namespace

QString predictionErrorText(std::uint64_t predicted, double measured) {
    if (measured <= 0) return {};
    const double percent = 100 * (static_cast<double>(predicted) / measured - 1);
    return QStringLiteral("%1%2 %")
        .arg(percent < 0 ? QStringLiteral("−") : QStringLiteral("+"))
        .arg(std::abs(percent), 0, 'f', 1);
}

SummaryTable::SummaryTable(QWidget* parent) : QTableWidget(0, ColumnCount, parent) {
    setObjectName(QStringLiteral("summaryTable"));
    setAccessibleName(tr("Medians"));
    setHorizontalHeaderLabels({tr("Strategy"), tr("Cast"), tr("Loaded"), tr("Time"), tr("Peak anonymous"),
                               tr("Prediction's error"), tr("Peak file-backed"), tr("Kernel's peak"),
                               tr("GPU allocated"), tr("Read from disk")});
    horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
    horizontalHeader()->setStretchLastSection(true);
    horizontalHeader()->setHighlightSections(false);
    verticalHeader()->hide();
    setEditTriggers(NoEditTriggers);
    setSelectionBehavior(SelectRows);
    setAlternatingRowColors(true);
    setShowGrid(false);
    setTabKeyNavigation(false);
}

void SummaryTable::show(const LoadReport& report) {
    setRowCount(0);
    setColumnHidden(Device, report.device == "cpu");
    for (const StrategySummary& one : summarize(report)) {
        const int row = rowCount();
        insertRow(row);
        const auto set = [&](Column column, const QString& text) { setItem(row, column, new QTableWidgetItem(text)); };
        set(Strategy, toText(one.strategy));
        set(CastTo, one.dtype ? toText(shortName(*one.dtype)) : QString());
        set(Loaded, tr("%1 of %2").arg(one.loaded).arg(one.runs));
        item(row, Loaded)->setToolTip(toText(one.failure));
        if (one.loaded == 0) continue;
        set(Time, spreadText(one.seconds, one.loaded, durationText));
        set(Anonymous, spreadText(one.anon, one.loaded, bytes));
        if (one.predicted) set(Error, predictionErrorText(one.predicted->hostAnon, one.anon.median));
        set(FileBacked, spreadText(one.file, one.loaded, bytes));
        set(KernelPeak, spreadText(one.kernelPeak, one.loaded, bytes));
        if (one.deviceAllocated) set(Device, spreadText(*one.deviceAllocated, one.loaded, bytes));
        if (one.diskRead) set(Disk, spreadText(*one.diskRead, one.loaded, bytes));
    }
    updateIcons();
}

void SummaryTable::updateIcons() {
    for (int row = 0; row < rowCount(); ++row)
        item(row, Strategy)->setIcon(strategySwatch(item(row, Strategy)->text().toStdString(), palette()));
}

void SummaryTable::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange) updateIcons();
    QTableWidget::changeEvent(event);
}

}  // namespace plimsoll::ui
