// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/load_lab/prediction_pane.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QVBoxLayout>

#include "text/text.h"
#include "views/load_lab/load_options.h"
#include "views/load_lab/strategy_table.h"
#include "views/load_lab/summary_table.h"
#include "widgets/label.h"

namespace plimsoll::ui {
namespace {

enum Column { CastTo = 1, Anonymous, FileBacked, HostNeeds, DeviceAllocated, DeviceNeeds, Verdict };

QList<StrategyTable::Head> heads() {
    const auto tr = [](const char* text) { return PredictionPane::tr(text); };
    return {
        {tr("Strategy"), {}, false},
        {tr("Weights become"), tr("The type to which the strategy casts while it loads."), false},
        {tr("Anonymous"),
         tr("Peak of the memory that the kernel cannot drop, beyond the load program's own; ≤: at most, with buffers "
            "that what the page cache has already does not need.")},
        {tr("File-backed"), tr("Peak of the file's mapped pages: the kernel can drop them when memory runs short.")},
        {tr("Host needs"), tr("Anonymous memory, the load program's own included: what must fit.")},
        {tr("GPU allocated"), tr("Peak of what tensors take on the GPU.")},
        {tr("GPU needs"), tr("With the CUDA context and the allocator's rounding: what must fit.")},
        {tr("Verdict"), {}, false},
    };
}

// What is missing, if something is.
QString verdictText(const FitVerdict& verdict, const Room& room, bool onDevice) {
    if (verdict.fit == Fit::Unknown) return PredictionPane::tr("not known: name a size above");
    QStringList lacks;
    const auto look = [&](std::uint64_t need, const std::optional<std::uint64_t>& has, const QString& lack) {
        if (has && need > *has) lacks << lack.arg(bytesText(need - *has));
    };
    look(verdict.hostNeed, room.host, PredictionPane::tr("%1 of host memory"));
    if (onDevice) look(verdict.deviceNeed, room.device, PredictionPane::tr("%1 of GPU memory"));
    if (verdict.fit == Fit::Yes) return PredictionPane::tr("✓ fits");
    return PredictionPane::tr("✗ does not fit: lacks %1").arg(lacks.join(PredictionPane::tr(" and ")));
}

StrategyTable::Tone toneOf(Fit fit) {
    return fit == Fit::Yes  ? StrategyTable::Tone::Good
           : fit == Fit::No ? StrategyTable::Tone::Bad
                            : StrategyTable::Tone::Warning;
}

}  // namespace

PredictionPane::PredictionPane(QWidget* parent)
    : QWidget(parent),
      host_(new QLineEdit),
      device_(new QLineEdit),
      remark_(new Label(Label::Style::Muted)),
      table_(new StrategyTable(heads())) {
    auto* row = new QHBoxLayout;
    const auto add = [&](const QString& caption, QLineEdit* field, const QString& name, const QString& example) {
        auto* label = new QLabel(caption);
        label->setBuddy(field);
        field->setObjectName(name);
        field->setPlaceholderText(example);
        field->setClearButtonEnabled(true);
        field->setMinimumWidth(80);
        field->setMaximumWidth(200);
        row->addWidget(label);
        row->addWidget(field, 2);
        connect(field, &QLineEdit::textChanged, this, &PredictionPane::roomChanged);
    };
    add(tr("Fits into host &memory"), host_, QStringLiteral("hostRoom"), tr("this machine, or 16 GB"));
    add(tr("and &GPU memory"), device_, QStringLiteral("deviceRoom"), tr("this device, or 24 GB"));
    row->addStretch(1);
    remark_->setObjectName(QStringLiteral("predictionRemark"));
    remark_->setWordWrap(true);
    table_->setObjectName(QStringLiteral("predictionTable"));
    table_->setAccessibleName(tr("Predicted peaks"));
    table_->horizontalHeader()->moveSection(Verdict, 1);  // in sight in a narrow window too
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(8, 8, 8, 8);
    column->addLayout(row);
    column->addWidget(table_, 1);
    column->addWidget(remark_);
}

Room PredictionPane::typedRoom() const {
    Room room;
    if (!readSize(*host_, room.host)) room.host.reset();
    if (!readSize(*device_, room.device)) room.device.reset();
    if (!room.device && deviceRoom_ != 0) room.device = deviceRoom_;
    return room;
}

void PredictionPane::setDeviceRoom(std::uint64_t bytes) {
    deviceRoom_ = bytes;
    device_->setPlaceholderText(bytes != 0 ? tr("this GPU, or 24 GB") : tr("no GPU, or 24 GB"));
}

bool PredictionPane::isForDevice() const {
    return typedRoom().device.has_value();
}

void PredictionPane::show(const std::vector<StrategyPrediction>& predictions, const Room& room, bool onDevice) {
    table_->setRowCount(0);
    for (const Column column : {DeviceAllocated, DeviceNeeds}) table_->setColumnHidden(column, !onDevice);
    for (const StrategyPrediction& one : predictions) {
        const int row = table_->addRow(toText(one.strategy));
        const auto set = [&](Column column, const QString& text) { table_->setCell(row, column, text); };
        set(CastTo, castText(one.dtype));
        set(Anonymous, predictionText(one.prediction));
        set(FileBacked, bytesText(one.prediction.hostFile));
        set(HostNeeds, bytesText(one.verdict.hostNeed));
        set(DeviceAllocated, bytesText(one.prediction.device));
        set(DeviceNeeds, bytesText(one.verdict.deviceNeed));
        table_->setCell(row, Verdict, verdictText(one.verdict, room, onDevice));
        table_->setTone(row, Verdict, toneOf(one.verdict.fit));
    }
    std::optional<std::uint64_t> ignored;
    const bool areSizes = readSize(*host_, ignored) && readSize(*device_, ignored);
    remark_->setStyle(areSizes ? Label::Style::Muted : Label::Style::Bad);
    remark_->setText(areSizes ? remarkText(room, onDevice)
                              : tr("A size is a number with its unit, such as 16 GB or 512 MiB."));
}

QString PredictionPane::remarkText(const Room& room, bool onDevice) const {
    // As it was typed: "1 GB" is 954 MiB.
    const auto sizeText = [](const QLineEdit& field, const std::optional<std::uint64_t>& size) {
        if (const QString typed = field.text().trimmed(); !typed.isEmpty()) return typed;
        return size ? bytesText(*size) : tr("memory of unknown size");
    };
    const QString host = sizeText(*host_, room.host);
    const QString device = sizeText(*device_, room.device);
    const QString where = onDevice ? tr("Judged for a GPU with %1 in a host with %2 free.").arg(device, host)
                                   : tr("Judged for a host with %1 free, without a GPU.").arg(host);
    return where + QLatin1Char(' ') +
           tr("Needs count the load program itself; file-backed pages make room for others and are not counted.");
}

}  // namespace plimsoll::ui
