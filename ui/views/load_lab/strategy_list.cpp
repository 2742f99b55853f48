// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/load_lab/strategy_list.h"

#include <QCheckBox>
#include <QGridLayout>
#include <QPainter>
#include <algorithm>

#include "lab/supervisor.h"
#include "text/text.h"
#include "theme/theme.h"
#include "widgets/label.h"
#include "widgets/stacked_bar.h"

namespace plimsoll::ui {

int strategyColour(std::string_view name) {
    const auto all = strategies();
    const auto at = std::find_if(all.begin(), all.end(), [name](const StrategyInfo& s) { return s.name == name; });
    return static_cast<int>(at - all.begin());
}

QIcon strategySwatch(std::string_view name, const QPalette& palette) {
    const auto draw = [&](const QPen& edge) {
        QPixmap pixmap(24, 24);
        pixmap.setDevicePixelRatio(2);
        pixmap.fill(Qt::transparent);
        QPainter painter(&pixmap);
        painter.setRenderHint(QPainter::Antialiasing);
        painter.setPen(edge);
        painter.setBrush(seriesColour(strategyColour(name), palette));
        painter.drawRoundedRect(QRectF(1, 1, 10, 10), 2, 2);
        return pixmap;
    };
    QIcon icon(draw(Qt::NoPen));
    // One of the colours is that of a selected row.
    icon.addPixmap(draw(palette.color(QPalette::HighlightedText)), QIcon::Selected);
    return icon;
}

StrategyList::StrategyList(QWidget* parent) : QWidget(parent) {
    auto* grid = new QGridLayout(this);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setHorizontalSpacing(8);
    grid->setVerticalSpacing(2);
    grid->setColumnStretch(0, 1);
    int row = 0;
    for (const StrategyInfo& strategy : strategies()) {
        const QString name = toText(strategy.name);
        auto* box = new QCheckBox(name);
        box->setObjectName(QStringLiteral("strategy-") + name);
        box->setChecked(true);
        box->setAccessibleDescription(toText(strategy.summary));
        connect(box, &QCheckBox::toggled, this, &StrategyList::changed);
        boxes_.push_back(box);
        auto* summary = new Label(Label::Style::Muted, toText(strategy.summary));
        summary->setWordWrap(true);
        summary->setIndent(24);
        grid->addWidget(box, row, 0);
        grid->addWidget(new Swatch(strategyColour(strategy.name)), row, 1, Qt::AlignVCenter);
        grid->addWidget(summary, row + 1, 0, 1, 2);
        grid->setRowMinimumHeight(row + 2, 4);
        row += 3;
    }
}

std::vector<std::string> StrategyList::chosen() const {
    std::vector<std::string> names;
    for (const QCheckBox* box : boxes_) {
        if (box->isChecked()) names.push_back(box->text().toStdString());
    }
    return names;
}

void StrategyList::setChosen(const QString& name, bool on) {
    for (QCheckBox* box : boxes_) {
        if (box->text() == name) box->setChecked(on);
    }
}

void StrategyList::chooseAll(bool on) {
    for (QCheckBox* box : boxes_) box->setChecked(on);
}

}  // namespace plimsoll::ui
