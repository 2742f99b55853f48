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

constexpr std::size_t kMostRows = 24;

}  // namespace

ShareSection::Rows ShareSection::largest(std::size_t count, const std::function<std::uint64_t(std::size_t)>& bytesOf,
                                         const std::function<Row(std::size_t)>& rowOf) {
    std::uint64_t least = 0;      // of those that are shown
    std::size_t ofLeast = count;  // as many of this size are
    if (count > kMostRows) {
        std::vector<std::uint64_t> sizes(count);
        for (std::size_t i = 0; i < count; ++i) sizes[i] = bytesOf(i);
        const auto last = sizes.begin() + kMostRows - 1;
        std::ranges::nth_element(sizes, last, std::ranges::greater());
        least = *last;
        ofLeast = 1 + static_cast<std::size_t>(std::count(sizes.begin(), last, least));
    }
    Rows rows;
    for (std::size_t i = 0; i < count; ++i) {
        const std::uint64_t bytes = bytesOf(i);
        if (bytes > least || (bytes == least && ofLeast > 0)) {
            if (bytes == least) --ofLeast;
            rows.shown.append(rowOf(i));
        } else {
            ++rows.others;
            rows.otherBytes += bytes;
        }
    }
    return rows;
}

ShareSection::ShareSection(const QString& heading, const Rows& rows, std::uint64_t whole, QWidget* parent)
    : QWidget(parent) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(6);
    column->addWidget(new Label(Label::Style::Heading, heading));
    auto* grid = new QGridLayout;
    grid->setHorizontalSpacing(12);
    grid->setVerticalSpacing(5);
    grid->setColumnStretch(0, 1);
    grid->setColumnStretch(1, 1);
    // The bars of all sections begin and end at the same places.
    grid->setColumnMinimumWidth(2, fontMetrics().horizontalAdvance(QStringLiteral("1023.9 MiB")));
    grid->setColumnMinimumWidth(3, fontMetrics().horizontalAdvance(QStringLiteral("100.0 %")));
    int line = 0;
    const auto total = static_cast<double>(std::max<std::uint64_t>(whole, 1));
    for (const Row& row : rows.shown) {
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
    if (rows.others > 0) {
        grid->addWidget(new Label(Label::Style::Muted, tr("%1 more").arg(countText(rows.others))), line, 0);
        grid->addWidget(new Label(Label::Style::Muted, bytesText(rows.otherBytes)), line, 2, Qt::AlignRight);
        grid->addWidget(new Label(Label::Style::Muted, percentText(rows.otherBytes, whole)), line, 3, Qt::AlignRight);
    }
    column->addLayout(grid);
}

ShareSection::Row ShareSection::row(const QString& name, const ByteSum& sum, int colourIndex) {
    return {name, tensorsText(sum.tensors), {}, sum.bytes, colourIndex};
}

}  // namespace plimsoll::ui
