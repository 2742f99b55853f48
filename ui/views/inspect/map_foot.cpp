// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/inspect/map_foot.h"

#include <QVBoxLayout>
#include <utility>

#include "plots/map_legend.h"
#include "text/text.h"
#include "widgets/colour_legend.h"
#include "widgets/elided_label.h"

namespace plimsoll::ui {
MapFoot::MapFoot(QWidget* parent)
    : QWidget(parent), words_(new ElidedLabel(1.0, QFont::Normal, false)), legend_(new ColourLegend) {
    words_->setObjectName(QStringLiteral("mapWords"));
    legend_->setObjectName(QStringLiteral("mapLegend"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(12, 6, 12, 8);
    column->setSpacing(4);
    column->addWidget(words_);
    column->addWidget(legend_);
}

void MapFoot::setHint(const QString& hint) {
    hint_ = hint;
    words_->setText(hint_);
}

void MapFoot::say(const QString& text) {
    words_->setText(text.isEmpty() ? hint_ : text);
}

void MapFoot::setColours(const TensorColours& colours, std::uint64_t outside, std::uint64_t unused) {
    QList<MapLegendEntry> entries;
    for (const TensorColours::Entry& entry : colours.legend)
        entries.append({entry.name, bytesText(entry.bytes), entry.colourIndex});
    if (outside > 0) entries.append({tr("headers, pickles, padding"), bytesText(outside), kOutsideColour});
    if (unused > 0) entries.append({tr("used by no tensor"), bytesText(unused), kUnusedColour});
    legend_->setEntries(entries);
}

PlotPicture MapFoot::below(PlotPicture map) const {
    return withLegend(std::move(map), legend_->entries(), {legend_->palette(), legend_->font(), 1});
}

}  // namespace plimsoll::ui
