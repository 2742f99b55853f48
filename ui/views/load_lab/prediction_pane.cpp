// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/load_lab/prediction_pane.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QTableWidget>
#include <QVBoxLayout>

#include "text/text.h"
#include "theme/theme.h"
#include "views/load_lab/load_options.h"
#include "widgets/label.h"

namespace plimsoll::ui {
namespace {

enum Column { Strategy, CastTo, Anonymous, FileBacked, HostNeeds, DeviceAllocated, DeviceNeeds, Verdict, ColumnCount };

}  // namespace

PredictionPane::PredictionPane(QWidget* parent)
    : QWidget(parent),
      host_(new QLineEdit),
      device_(new QLineEdit),
      remark_(new Label(Label::Style::Muted)),
      table_(new QTableWidget(0, ColumnCount)) {
    auto* row = new QHBoxLayout;
    const auto add = [&](const QString& caption, QLineEdit* field, const QString& name, const QString& example) {
        auto* label = new QLabel(caption);
        label->setBuddy(field);
        field->setObjectName(name);
        field->setPlaceholderText(example);
        field->setClearButtonEnabled(true);
        field->setFixedWidth(200);
        row->addWidget(label);
        row->addWidget(field);
        connect(field, &QLineEdit::textChanged, this, &PredictionPane::roomChanged);
    };
    add(tr("Fits into host &memory"), host_, QStringLiteral("hostRoom"), tr("this machine, or 16 GB"));
    add(tr("and &GPU memory"), device_, QStringLiteral("deviceRoom"), tr("this device, or 24 GB"));
    row->addStretch(1);
    remark_->setWordWrap(true);
    table_->setObjectName(QStringLiteral("predictionTable"));
    table_->setAccessibleName(tr("Predicted peaks"));
    table_->setHorizontalHeaderLabels({tr("Strategy"), tr("Cast"), tr("Anonymous"), tr("File-backed"), tr("Host needs"),
                                       tr("GPU allocated"), tr("GPU needs"), tr("Verdict")});
    table_->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    table_->horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
    table_->horizontalHeader()->setSectionResizeMode(Verdict, QHeaderView::Stretch);
    table_->horizontalHeader()->setHighlightSections(false);
    table_->verticalHeader()->hide();
    table_->setEditTriggers(QAbstractItemView::NoEditTriggers);
    table_->setSelectionBehavior(QAbstractItemView::SelectRows);
    table_->setAlternatingRowColors(true);
    table_->setShowGrid(false);
    table_->setTabKeyNavigation(false);
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
}

void PredictionPane::show(const std::vector<StrategyPrediction>& predictions, const Room& room, bool onDevice) {
    table_->setRowCount(0);
    for (const Column column : {DeviceAllocated, DeviceNeeds}) table_->setColumnHidden(column, !onDevice);
    device_->setEnabled(onDevice);
    for (const StrategyPrediction& one : predictions) {
        const int row = table_->rowCount();
        table_->insertRow(row);
        const auto set = [&](Column column, const QString& text) {
            table_->setItem(row, column, new QTableWidgetItem(text));
        };
        set(Strategy, toText(one.strategy));
        set(CastTo, one.dtype ? toText(shortName(*one.dtype)) : QString());
        set(Anonymous, bytesText(one.prediction.hostAnon));
        set(FileBacked, bytesText(one.prediction.hostFile));
        set(HostNeeds, bytesText(one.verdict.hostNeed));
        set(DeviceAllocated, bytesText(one.prediction.device));
        set(DeviceNeeds, bytesText(one.verdict.deviceNeed));
        const Fit fit = one.verdict.fit;
        set(Verdict, fit == Fit::Yes ? tr("✓ fits") : fit == Fit::No ? tr("✗ does not fit") : tr("not known"));
        table_->item(row, Verdict)
            ->setForeground(fit == Fit::Yes  ? goodColour(palette())
                            : fit == Fit::No ? badColour(palette())
                                             : warnColour(palette()));
    }
    const QString host = room.host ? bytesText(*room.host) : tr("unknown");
    const QString where =
        onDevice
            ? tr("%1 of host memory, %2 of GPU memory").arg(host, room.device ? bytesText(*room.device) : tr("unknown"))
            : tr("%1 of host memory").arg(host);
    remark_->setText(tr("Judged against %1. What is needed counts the load program itself; file-backed pages make room "
                        "for others and are not counted.")
                         .arg(where));
}

}  // namespace plimsoll::ui
