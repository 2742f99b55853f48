// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/load_lab/runs_table.h"

#include <QHeaderView>

#include "lab/summary.h"
#include "text/text.h"
#include "views/load_lab/summary_table.h"

namespace plimsoll::ui {
namespace {

constexpr int kOutcomeWidth = 170;

// "504 MiB (1.06 ×)": with the model as the measure.
QString peakText(std::uint64_t bytes, std::uint64_t model) {
    if (model == 0) return bytesText(bytes);
    return QStringLiteral("%1  (%2)")
        .arg(bytesText(bytes), timesText(static_cast<double>(bytes) / static_cast<double>(model)));
}

QString askedForText(const Conditions& conditions) {
    QStringList parts;
    if (conditions.dtype) parts << RunsTable::tr("to %1").arg(toText(shortName(*conditions.dtype)));
    if (const std::string rest = conditionsText(conditions); !rest.empty()) parts << toText(rest);
    return parts.join(QStringLiteral(", "));
}

}  // namespace

QString failureText(const LoadRun& run, const LoadReport& head) {
    if (!run.error) return {};
    const QString text = toText(*run.error);
    const QString place = toText(head.path) + QStringLiteral(": ");
    return text.startsWith(place) ? text.mid(place.size()) : text;
}

RunsTable::RunsTable(QWidget* parent)
    : StrategyTable(
          {{tr("Strategy"), tr("Untick one to hide its curve."), false},
           {tr("Round")},
           {tr("Device"), {}, false},
           {tr("Time")},
           {tr("Peak anonymous"),
            tr("Memory beyond the loader's own that the kernel cannot drop; ×: times the model, as the file has it.")},
           {tr("Predicted"), tr("Of the anonymous memory, from the inventory alone, and its error; ≤: at most, with "
                                "buffers that what the page "
                                "cache has already does not need.")},
           {tr("Peak file-backed"), tr("Mapped pages of the file: the kernel can drop them when memory runs short.")},
           {tr("Kernel's peak"),
            tr("VmHWM, the kernel's own record of the highest resident size: no sample can miss it.")},
           {tr("GPU allocated"), tr("What tensors take on the GPU; ×: times the model, as the file has it.")},
           {tr("GPU in use"), tr("Of the whole GPU, other programs included.")},
           {tr("Read from disk"), tr("By the load program; the rest came from the page cache.")},
           {tr("Asked for"), tr("The type, the page cache and the limits of this run."), false},
           {tr("Result"), {}, false}},
          parent) {
    setObjectName(QStringLiteral("runsTable"));
    setAccessibleName(tr("Load tests"));
    // What came of a run stands beside its name, in sight in a narrow window too; all of it is in the tool tip.
    horizontalHeader()->setSectionResizeMode(Outcome, QHeaderView::Interactive);
    horizontalHeader()->moveSection(Outcome, 1);
    horizontalHeader()->resizeSection(Outcome, kOutcomeWidth);
    setTextElideMode(Qt::ElideRight);
    horizontalHeader()->moveSection(horizontalHeader()->visualIndex(AskedFor), 2);
    setColumnHidden(DeviceAllocated, true);
    setColumnHidden(DeviceUsed, true);
    setColumnHidden(AskedFor, true);
    connect(this, &QTableWidget::itemChanged, this, [this](QTableWidgetItem* item) {
        if (item->column() == Strategy) emit visibilityChanged(item->row(), item->checkState() == Qt::Checked);
    });
    connect(this, &QTableWidget::currentCellChanged, this, [this](int row, int, int before, int) {
        if (row != before) emit currentRunChanged(row);
    });
}

int RunsTable::addRun(const QString& strategy, const QString& device, unsigned round) {
    const QSignalBlocker quiet(this);
    const int run = addRow(strategy);
    QTableWidgetItem* name = item(run, Strategy);
    name->setFlags(Qt::ItemIsEnabled | Qt::ItemIsSelectable | Qt::ItemIsUserCheckable);
    name->setCheckState(Qt::Checked);
    name->setToolTip(tr("Untick to hide the curve"));
    setCell(run, Round, QString::number(round + 1));
    setCell(run, Device, device);
    setCell(run, Outcome, tr("waiting"));
    return run;
}

void RunsTable::setRunning(int run) {
    setCell(run, Outcome, tr("running"));
    setCurrentCell(run, Strategy);
}

void RunsTable::setOutcome(int run, const QString& text) {
    setCell(run, Outcome, text);
}

void RunsTable::setResult(int run, const LoadRun& result, const LoadReport& head) {
    const std::uint64_t modelBytes = head.modelBytes;
    const Conditions conditions = conditionsOf(result);
    setCell(run, AskedFor, askedForText(conditions));
    // Where it tells nothing there is no column.
    if (!conditionsText(conditions).empty() || nameOf(head, result.strategy, conditions) != result.strategy)
        setColumnHidden(AskedFor, false);
    if (result.seconds > 0) setCell(run, Time, durationText(result.seconds));
    setCell(run, Anonymous, peakText(result.host.peakAnon, modelBytes));
    if (result.predicted) {
        const QString error = result.error
                                  ? QString()
                                  : predictionErrorText(*result.predicted, static_cast<double>(result.host.peakAnon));
        setCell(run, Predicted,
                error.isEmpty() ? predictionText(*result.predicted)
                                : tr("%1  (%2)").arg(predictionText(*result.predicted), error));
    }
    if (result.diskReadBytes) setCell(run, DiskRead, bytesText(*result.diskReadBytes));
    setCell(run, FileBacked, peakText(result.host.peakFile, modelBytes));
    setCell(run, KernelPeak, peakText(result.host.vmHwm, modelBytes));
    if (result.devicePeaks) {
        setColumnHidden(DeviceAllocated, false);
        setColumnHidden(DeviceUsed, false);
        setCell(run, DeviceAllocated, peakText(result.devicePeaks->peakAllocated, modelBytes));
        setCell(run, DeviceUsed, bytesText(result.devicePeaks->peakUsed));
    }
    QStringList notes;
    for (const std::string& note : result.notes) notes << toText(note);
    if (result.cancelled) {
        setCell(run, Outcome, tr("cancelled"));
    } else if (result.outOfMemory) {
        setCell(run, Outcome, tr("out of memory"), failureText(result, head));
        setTone(run, Outcome, Tone::Warning);
    } else if (result.error) {
        setCell(run, Outcome, failureText(result, head), toText(*result.error));
        setTone(run, Outcome, Tone::Bad);
    } else {
        setCell(run, Outcome, result.verified ? tr("✓ verified") : tr("not verified"), notes.join(QLatin1Char('\n')));
        setTone(run, Outcome, result.verified ? Tone::Good : Tone::Warning);
    }
}

}  // namespace plimsoll::ui
