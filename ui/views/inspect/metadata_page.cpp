// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/inspect/metadata_page.h"

#include <QAction>
#include <QApplication>
#include <QClipboard>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QKeyEvent>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QSplitter>
#include <QStackedWidget>
#include <QTreeView>
#include <QVBoxLayout>
#include <algorithm>

#include "models/metadata_model.h"
#include "models/metadata_search.h"
#include "text/text.h"
#include "theme/theme.h"
#include "widgets/column_widths.h"
#include "widgets/label.h"

namespace plimsoll::ui {
namespace {
constexpr int kFewRows = 12;
constexpr int kSurelyLonger = 2000;  // characters, more than any cell shows
}  // namespace

MetadataPage::MetadataPage(QWidget* parent)
    : QWidget(parent),
      model_(new MetadataModel(this)),
      search_(new MetadataSearch(model_, this)),
      stack_(new QStackedWidget),
      text_(new QLineEdit),
      count_(new Label(Label::Style::Muted)),
      view_(new QTreeView),
      full_(new QPlainTextEdit) {
    auto* nothing = new Label(Label::Style::Muted, tr("This checkpoint holds nothing but tensors."));
    nothing->setAlignment(Qt::AlignCenter);
    nothing->setWordWrap(true);
    stack_->addWidget(buildTree());
    stack_->addWidget(nothing);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(stack_);
    connect(text_, &QLineEdit::textChanged, this, [this](const QString& text) {
        at_ = -1;
        search_->start(text.trimmed());
    });
    connect(search_, &MetadataSearch::progressed, this, &MetadataPage::showFound);
}

QWidget* MetadataPage::buildTree() {
    text_->setObjectName(QStringLiteral("metadataSearch"));
    text_->setAccessibleName(tr("Search metadata"));
    text_->setPlaceholderText(tr("Search keys and values"));
    text_->setToolTip(tr("Enter goes to the next match, Shift+Enter to the one before"));
    text_->setClearButtonEnabled(true);
    text_->installEventFilter(this);
    count_->setObjectName(QStringLiteral("metadataCount"));
    view_->setObjectName(QStringLiteral("metadataTree"));
    view_->setAccessibleName(tr("Metadata"));
    view_->setModel(model_);
    view_->setUniformRowHeights(true);
    view_->setFrameShape(QFrame::NoFrame);
    view_->setAlternatingRowColors(true);
    view_->header()->resizeSection(MetadataModel::Type, 110);
    view_->header()->setStretchLastSection(false);
    view_->header()->setSectionResizeMode(MetadataModel::ValueText, QHeaderView::Stretch);
    rememberWidths(view_->header(), QStringLiteral("metadata"));
    full_->setObjectName(QStringLiteral("metadataText"));
    full_->setAccessibleName(tr("The value in full"));
    full_->setReadOnly(true);
    full_->setFrameShape(QFrame::NoFrame);
    full_->setTabChangesFocus(true);
    full_->setFont(monospace());
    full_->hide();
    auto* copyValue = new QAction(tr("&Copy the value"), view_);
    copyValue->setShortcut(QKeySequence::Copy);
    copyValue->setShortcutContext(Qt::WidgetShortcut);
    connect(copyValue, &QAction::triggered, this, [this] { copyCell(MetadataModel::ValueText); });
    auto* copyKey = new QAction(tr("Copy the &key"), view_);
    connect(copyKey, &QAction::triggered, this, [this] { copyCell(MetadataModel::Key); });
    view_->addActions({copyValue, copyKey});
    view_->setContextMenuPolicy(Qt::ActionsContextMenu);
    connect(view_->selectionModel(), &QItemSelectionModel::currentChanged, this, &MetadataPage::showFull);
    connect(model_, &QAbstractItemModel::modelReset, full_, &QWidget::hide);
    auto* halves = new QSplitter(Qt::Vertical);
    halves->addWidget(view_);
    halves->addWidget(full_);
    halves->setSizes({300, 200});
    halves->setChildrenCollapsible(false);
    auto* line = new QHBoxLayout;
    line->setContentsMargins(10, 10, 10, 0);
    line->setSpacing(10);
    line->addWidget(text_, 1);
    line->addWidget(count_);
    auto* page = new QWidget;
    auto* column = new QVBoxLayout(page);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(6);
    column->addLayout(line);
    column->addWidget(halves, 1);
    return page;
}

void MetadataPage::showFull() {
    const QModelIndex current = view_->currentIndex().siblingAtColumn(MetadataModel::ValueText);
    const QString text = current.data(MetadataModel::kFullTextRole).toString();
    const int room = view_->columnWidth(MetadataModel::ValueText) - fontMetrics().horizontalAdvance(QLatin1Char('m'));
    const bool isLonger =
        text.size() > kSurelyLonger || text.contains(QLatin1Char('\n')) || fontMetrics().horizontalAdvance(text) > room;
    const bool isText = text != current.data().toString();  // else it has rows of its own
    full_->setPlainText(isText && isLonger ? text : QString());
    full_->setVisible(isText && isLonger);
}

void MetadataPage::copyCell(int column) {
    const QModelIndex cell = view_->currentIndex().siblingAtColumn(column);
    if (!cell.isValid()) return;
    const int role = column == MetadataModel::ValueText ? MetadataModel::kFullTextRole : Qt::DisplayRole;
    QApplication::clipboard()->setText(cell.data(role).toString());
}

// In a narrow pane the values need the room.
void MetadataPage::resizeEvent(QResizeEvent* event) {
    view_->setColumnHidden(MetadataModel::Type, width() < 440);
    view_->header()->resizeSection(MetadataModel::Key, std::min(190, width() * 2 / 5));
    QWidget::resizeEvent(event);
}

void MetadataPage::setCheckpoint(std::shared_ptr<const Checkpoint> checkpoint) {
    text_->clear();
    model_->setCheckpoint(std::move(checkpoint));
    stack_->setCurrentIndex(model_->isEmpty() ? 1 : 0);
    if (model_->rowCount() <= kFewRows) view_->expandToDepth(0);
}

void MetadataPage::showFound() {
    const qsizetype found = search_->found().size();
    if (text_->text().trimmed().isEmpty()) {
        count_->clear();
        return;
    }
    if (at_ < 0 && found > 0) return go(1);
    if (found == 0) {
        count_->setText(search_->isRunning() ? tr("searching") : tr("not found"));
        return;
    }
    const QString all = countText(static_cast<std::uint64_t>(found));
    const bool more = search_->isRunning() || !search_->isWhole();
    count_->setText(tr("%1 of %2").arg(at_ + 1).arg(more ? tr("%1 or more").arg(all) : all));
}

void MetadataPage::go(int step) {
    const auto& found = search_->found();
    if (found.isEmpty()) return;
    at_ = at_ < 0 ? 0 : (at_ + step + found.size()) % found.size();
    view_->setCurrentIndex(found.at(at_));
    view_->scrollTo(found.at(at_));
    showFound();
}

bool MetadataPage::eventFilter(QObject* watched, QEvent* event) {
    if (watched == text_ && event->type() == QEvent::KeyPress) {
        const auto* key = static_cast<QKeyEvent*>(event);
        if (key->key() == Qt::Key_Return || key->key() == Qt::Key_Enter) {
            go((key->modifiers() & Qt::ShiftModifier) != 0 ? -1 : 1);
            return true;
        }
        if (key->key() == Qt::Key_Down) {
            view_->setFocus();
            return true;
        }
        if (key->key() == Qt::Key_Escape && !text_->text().isEmpty()) {
            text_->clear();
            return true;
        }
    }
    return QWidget::eventFilter(watched, event);
}

}  // namespace plimsoll::ui
