// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/convert/rules_delegate.h"

#include <QApplication>
#include <QComboBox>
#include <QLineEdit>
#include <QPainter>
#include <QTimer>

#include "models/rules_model.h"
#include "theme/theme.h"

namespace plimsoll::ui {
namespace {

constexpr int kArrowRoom = 16;

RuleAction actionOf(const QModelIndex& index) {
    return static_cast<RuleAction>(index.siblingAtColumn(RulesModel::Action).data(Qt::EditRole).toInt());
}

bool isList(const QModelIndex& index) {
    return index.column() == RulesModel::Action ||
           (index.column() == RulesModel::Argument && actionOf(index) == RuleAction::DType);
}

}  // namespace

QWidget* RulesDelegate::listOf(QWidget* parent, const QModelIndex& index) const {
    auto* box = new QComboBox(parent);
    if (index.column() == RulesModel::Action) {
        for (int i = 0; i < kRuleActions; ++i) {
            const auto action = static_cast<RuleAction>(i);
            box->addItem(actionText(action), i);
            box->setItemData(i, actionHint(action), Qt::ToolTipRole);
        }
    } else {
        for (const QString& type : ruleTypes()) box->addItem(type, type);
    }
    auto* delegate = const_cast<RulesDelegate*>(this);
    connect(box, &QComboBox::activated, delegate, [delegate, box] {
        emit delegate->commitData(box);
        emit delegate->closeEditor(box);
    });
    // One click or key opens the list itself.
    QTimer::singleShot(0, box, &QComboBox::showPopup);
    return box;
}

QWidget* RulesDelegate::createEditor(QWidget* parent, const QStyleOptionViewItem&, const QModelIndex& index) const {
    QWidget* editor = nullptr;
    if (isList(index)) {
        editor = listOf(parent, index);
    } else {
        auto* line = new QLineEdit(parent);
        line->setFrame(false);
        line->setPlaceholderText(index.column() == RulesModel::Pattern ? tr("*.norm*.weight")
                                                                       : argumentPlaceholder(actionOf(index)));
        line->setToolTip(actionHint(actionOf(index)));
        editor = line;
    }
    editor->setAccessibleName(index.model()->headerData(index.column(), Qt::Horizontal).toString());
    return editor;
}

void RulesDelegate::setEditorData(QWidget* editor, const QModelIndex& index) const {
    const QVariant value = index.data(Qt::EditRole);
    if (auto* box = qobject_cast<QComboBox*>(editor))
        box->setCurrentIndex(box->findData(value));
    else if (auto* line = qobject_cast<QLineEdit*>(editor))
        line->setText(value.toString());
}

void RulesDelegate::setModelData(QWidget* editor, QAbstractItemModel* model, const QModelIndex& index) const {
    if (const auto* box = qobject_cast<QComboBox*>(editor))
        model->setData(index, box->currentData());
    else if (const auto* line = qobject_cast<QLineEdit*>(editor))
        model->setData(index, line->text());
}

void RulesDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const {
    QStyledItemDelegate::paint(painter, option, index);
    if (!isList(index)) return;
    QStyleOption arrow;
    arrow.rect = QRect(option.rect.right() - kArrowRoom, option.rect.top(), kArrowRoom, option.rect.height())
                     .adjusted(3, 0, -3, 0);
    arrow.palette = option.palette;
    arrow.palette.setColor(QPalette::ButtonText, mutedText(option.palette));
    arrow.state = QStyle::State_Enabled;
    QApplication::style()->drawPrimitive(QStyle::PE_IndicatorArrowDown, &arrow, painter);
}

}  // namespace plimsoll::ui
