// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/overview/share_section.h"

#include <QGridLayout>
#include <QVBoxLayout>
#include <algorithm>

#include "text/text.h"
#include "widgets/elided_label.h"
#include "widgets/label.h"
#include "widgets/share_bar.h"

namespace plimsoll::ui {
namespace {

// Keeps the largest, in the order they came in; gives what the others have.
std::uint64_t cutToLargest(QList<ShareSection::Row>& rows, qsizetype most) {
    if (rows.size() <= most) return 0;
    std::vector<std::uint64_t> sizes;
    for (const auto& row : rows) sizes.push_back(row.bytes);
    std::ranges::nth_element(sizes, sizes.begin() + most, std::ranges::greater());
    const std::uint64_t least = sizes[static_cast<std::size_t>(most)];
    std::uint64_t rest = 0;
    QList<ShareSection::Row> kept;
    for (const auto& row : rows) {
        if (kept.size() < most && row.bytes >= least) {
            kept.append(row);
        } else {
            rest += row.bytes;
        }
    }
    rows = std::move(kept);
    return rest;
}

}  // namespace

ShareSection::ShareSection(const QString& heading, QList<Row> rows, std::uint64_t whole, qsizetype most,
                           QWidget* parent)
    : QWidget(parent) {
    const qsizetype all = rows.size();
    const std::uint64_t rest = cutToLargest(rows, most);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(6);
    column->addWidget(new Label(Label::Style::Heading, heading));
    auto* grid = new QGridLayout;
    grid->setHorizontalSpacing(12);
    grid->setVerticalSpacing(5);
    grid->setColumnStretch(0, 3);
    grid->setColumnStretch(1, 4);
    int line = 0;
    const auto total = static_cast<double>(std::max<std::uint64_t>(whole, 1));
    for (const Row& row : rows) {
        auto* name = new ElidedLabel(1.0, QFont::Normal, false);
        name->setText(row.remark.isEmpty() ? row.name : tr("%1  (%2)").arg(row.name, row.remark));
        if (!row.toolTip.isEmpty()) name->setToolTip(row.toolTip);
        auto* bar = new ShareBar(static_cast<double>(row.bytes) / total, row.colourIndex);
        bar->setAccessibleName(tr("%1: %2").arg(row.name, percentText(row.bytes, whole)));
        grid->addWidget(name, line, 0);
        grid->addWidget(bar, line, 1);
        grid->addWidget(new Label(Label::Style::Body, bytesText(row.bytes)), line, 2, Qt::AlignRight);
        grid->addWidget(new Label(Label::Style::Muted, percentText(row.bytes, whole)), line, 3, Qt::AlignRight);
        ++line;
    }
    if (rows.size() < all) {
        grid->addWidget(
            new Label(Label::Style::Muted, tr("%1 more").arg(countText(static_cast<std::uint64_t>(all - rows.size())))),
            line, 0);
        grid->addWidget(new Label(Label::Style::Muted, bytesText(rest)), line, 2, Qt::AlignRight);
        grid->addWidget(new Label(Label::Style::Muted, percentText(rest, whole)), line, 3, Qt::AlignRight);
    }
    column->addLayout(grid);
}

ShareSection::Row ShareSection::row(const QString& name, const ByteSum& sum, int colourIndex) {
    return {name, tensorsText(sum.tensors), {}, sum.bytes, colourIndex};
}

}  // namespace plimsoll::ui
