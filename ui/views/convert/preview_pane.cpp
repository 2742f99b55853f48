// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/convert/preview_pane.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QItemSelectionModel>
#include <QVBoxLayout>
#include <utility>

#include "text/names.h"
#include "text/text.h"
#include "widgets/data_table.h"
#include "widgets/label.h"

namespace plimsoll::ui {
namespace {

// Keys of choices that are no rule; rules have their row.
constexpr int kAll = -1;
constexpr int kChanged = -2;
constexpr int kLeftOut = -3;

QString beforeAfter(const QString& before, const QString& after) {
    return before == after ? before : QStringLiteral("%1 → %2").arg(before, after);
}

}  // namespace

PreviewPane::PreviewPane(QWidget* parent)
    : QWidget(parent),
      choice_(new QComboBox),
      sum_(new Label(Label::Style::Muted)),
      table_(
          new DataTable({{tr("Tensor")}, {tr("Type"), false, 12}, {tr("Size"), true, 13}, {tr("Shape"), false, 18}})) {
    choice_->setObjectName(QStringLiteral("previewChoice"));
    choice_->setAccessibleName(tr("Which tensors are listed"));
    choice_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    choice_->setMinimumContentsLength(28);
    sum_->setObjectName(QStringLiteral("previewSum"));
    table_->setObjectName(QStringLiteral("previewTable"));
    table_->setAccessibleName(tr("Tensors before and after"));
    auto* row = new QHBoxLayout;
    row->addWidget(choice_);
    row->addWidget(sum_, 1, Qt::AlignRight);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 6, 0, 0);
    column->setSpacing(6);
    column->addLayout(row);
    column->addWidget(table_, 1);
    connect(choice_, &QComboBox::currentIndexChanged, this, &PreviewPane::showChoice);
    connect(choice_, &QComboBox::activated, this, [this] { wanted_ = -1; });
    connect(table_->selectionModel(), &QItemSelectionModel::selectionChanged, this,
            [this] { emit selectionChanged(table_->selectionModel()->hasSelection()); });
}

void PreviewPane::setPreview(std::shared_ptr<const Preview> preview, const QList<RuleRow>& rules) {
    table_->setRows(0, {});
    emit selectionChanged(false);
    preview_ = std::move(preview);
    fillChoices(rules);
    showChoice();
}

void PreviewPane::addChoice(const QString& text, const QVariant& key, SharedRows rows, std::size_t count) {
    choice_->addItem(QStringLiteral("%1 (%2)").arg(text, countText(count)), key);
    shown_ << std::move(rows);
}

void PreviewPane::fillChoices(const QList<RuleRow>& rules) {
    const QSignalBlocker quiet(choice_);
    const QVariant before = wanted_ >= 0 ? QVariant(wanted_) : choice_->currentData();
    choice_->clear();
    shown_.clear();
    if (!preview_) return;
    addChoice(tr("All tensors"), kAll, nullptr, preview_->rows.size());
    addChoice(tr("Those that change"), kChanged, SharedRows(preview_, &preview_->changed), preview_->changed.size());
    addChoice(tr("Those left out"), kLeftOut, SharedRows(preview_, &preview_->leftOut), preview_->leftOut.size());
    const QList<SharedRows> matches = matchesOf(rules, preview_);
    for (qsizetype i = 0; i < rules.size(); ++i) {
        if (!matches[i]) continue;
        QStringList words{rules[i].pattern, actionText(rules[i].action)};
        if (takesArgument(rules[i].action)) words << rules[i].argument;
        addChoice(tr("Rule %1: %2").arg(i + 1).arg(words.join(QLatin1Char(' '))), static_cast<int>(i), matches[i],
                  matches[i]->size());
    }
    const int at = choice_->findData(before);
    if (at >= 0) wanted_ = -1;
    choice_->setCurrentIndex(std::max(0, at));
}

void PreviewPane::showRule(int row) {
    const int at = choice_->findData(row < 0 ? kAll : row);
    if (at >= 0) choice_->setCurrentIndex(at);
    wanted_ = at >= 0 ? -1 : row;
}

void PreviewPane::showChoice() {
    const int choice = choice_->currentIndex();
    if (!preview_ || choice < 0) {
        table_->setRows(0, {});
        sum_->clear();
        return;
    }
    const SharedRows rows = shown_[choice];
    const std::size_t count = rows ? rows->size() : preview_->rows.size();
    const auto rowAt = [preview = preview_, rows](int row) -> const PreviewRow& {
        const auto at = static_cast<std::size_t>(row);
        return preview->rows[rows ? (*rows)[at] : at];
    };
    table_->setRows(
        static_cast<int>(count),
        [preview = preview_, rowAt](int row, int column) { return cell(*preview, rowAt(row), column); },
        [rowAt](int row) { return rowAt(row).isLeftOut; });
    const bool isRank = preview_->recipe.tpRanks != 0;
    sum_->setText(isRank ? tr("each rank %1").arg(bytesText(preview_->bytesAfter))
                         : beforeAfter(bytesText(preview_->bytesBefore), bytesText(preview_->bytesAfter)));
    sum_->setToolTip(tr("Bytes of the tensors that are taken"));
}

QString PreviewPane::nameCell(const Preview& preview, const PreviewRow& row) {
    return beforeAfter(toText(preview.source->tensors.name(row.id)), toText(row.name));
}

QString PreviewPane::cell(const Preview& preview, const PreviewRow& row, int column) {
    const auto& table = preview.source->tensors;
    switch (column) {
        case Name:
            return nameCell(preview, row);
        case Type: {
            const QString before = dtypeText(table, row.id);
            return row.isLeftOut ? tr("%1, left out").arg(before) : beforeAfter(before, toText(shortName(row.to)));
        }
        case Size:
            return row.isLeftOut ? bytesText(table.nbytes(row.id))
                                 : beforeAfter(bytesText(table.nbytes(row.id)), bytesText(bytesAfter(preview, row)));
        default:
            return beforeAfter(shapeText(table.shape(row.id)), shapeText(shapeAfter(preview, row)));
    }
}

PreviewRows PreviewPane::selectedRows() const {
    PreviewRows rows;
    const int choice = choice_->currentIndex();
    if (!preview_ || choice < 0) return rows;
    for (const int row : table_->selectedRows()) {
        const auto at = static_cast<std::size_t>(row);
        rows.push_back(shown_[choice] ? (*shown_[choice])[at] : static_cast<std::uint32_t>(at));
    }
    return rows;
}

}  // namespace plimsoll::ui
