// SPDX-License-Identifier: GPL-3.0-or-later
#include "window/jobs_dock.h"

#include <QAction>
#include <QApplication>
#include <QClipboard>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QMenu>
#include <QPushButton>
#include <QStackedWidget>
#include <QTableView>
#include <QVBoxLayout>

#include "models/job_list_model.h"
#include "widgets/label.h"
#include "widgets/row_table.h"
#include "widgets/share_delegate.h"

namespace plimsoll::ui {

JobsDock::JobsDock(JobListModel* model, QWidget* parent)
    : QDockWidget(tr("Jobs"), parent),
      model_(model),
      stack_(new QStackedWidget),
      table_(new QTableView),
      show_(new QPushButton(tr("Show"))),
      cancel_(new QPushButton(tr("Cancel"))),
      resume_(new QPushButton(tr("Resume"))),
      forget_(new QPushButton(tr("Forget…"))),
      copy_(new QPushButton(tr("Copy command"))),
      copyResult_(new QPushButton(tr("Copy result"))),
      clear_(new QPushButton(tr("Clear ended"))) {
    setAcceptDrops(true);  // floating, it is a window of its own
    setObjectName(QStringLiteral("jobsDock"));
    table_->setObjectName(QStringLiteral("jobsTable"));
    table_->setAccessibleName(tr("Jobs"));
    table_->setModel(model_);
    table_->setItemDelegateForColumn(JobListModel::Progress, new ShareDelegate(JobListModel::ShareRole, this));
    table_->setFrameShape(QFrame::NoFrame);
    showAsRows(table_);
    table_->setSelectionMode(QAbstractItemView::SingleSelection);
    table_->setContextMenuPolicy(Qt::CustomContextMenu);
    table_->verticalHeader()->setDefaultSectionSize(fontMetrics().height() + 8);
    QHeaderView* header = table_->horizontalHeader();
    header->setSectionResizeMode(JobListModel::Title, QHeaderView::Stretch);
    header->setSectionResizeMode(JobListModel::State, QHeaderView::Stretch);
    header->resizeSection(JobListModel::Progress, fontMetrics().horizontalAdvance(QStringLiteral("100.0 %")) + 130);
    header->resizeSection(JobListModel::Time, fontMetrics().horizontalAdvance(QStringLiteral("10 min 05 s")) + 24);
    auto* nothing = new Label(
        Label::Style::Muted, tr("Conversions, load tests, comparisons, deep checks and saved pictures are listed here. "
                                "Those that need the disk run one after the other."));
    nothing->setAlignment(Qt::AlignCenter);
    nothing->setWordWrap(true);
    stack_->addWidget(nothing);
    stack_->addWidget(table_);
    show_->setToolTip(tr("Goes to where it runs: its progress, its curve, its result"));
    auto* buttons = new QVBoxLayout;
    buttons->setSpacing(6);
    for (QPushButton* button : {show_, cancel_, resume_, forget_, copy_, copyResult_, clear_})
        buttons->addWidget(button);
    buttons->addStretch(1);
    auto* page = new QWidget;
    auto* row = new QHBoxLayout(page);
    row->setContentsMargins(0, 0, 10, 8);
    row->addWidget(stack_, 1);
    row->addLayout(buttons);
    setWidget(page);
    connect(model_, &JobListModel::changed, this, &JobsDock::updateButtons);
    connect(table_->selectionModel(), &QItemSelectionModel::currentRowChanged, this, &JobsDock::updateButtons);
    connect(table_, &QTableView::customContextMenuRequested, this, &JobsDock::showMenu);
    connect(show_, &QPushButton::clicked, this, [this] { showOrigin(currentRow()); });
    connect(table_, &QTableView::activated, this, [this](const QModelIndex& index) { showOrigin(index.row()); });
    connect(cancel_, &QPushButton::clicked, this, [this] { model_->cancel(currentRow()); });
    connect(resume_, &QPushButton::clicked, this, [this] { emit resumeRequested(remembered(currentRow())); });
    connect(forget_, &QPushButton::clicked, this, [this] { emit forgetRequested(remembered(currentRow())); });
    connect(copy_, &QPushButton::clicked, this,
            [this] { QApplication::clipboard()->setText(model_->at(currentRow()).facts.command); });
    connect(copyResult_, &QPushButton::clicked, this,
            [this] { QApplication::clipboard()->setText(model_->at(currentRow()).outcome); });
    connect(clear_, &QPushButton::clicked, model_, &JobListModel::clearEnded);
    buildCommands();
    updateButtons();
}

// The buttons again, for the window's menu and the context menu: they act on the same job.
void JobsDock::buildCommands() {
    const auto add = [this](QPushButton* button, const char* name, const QString& text, const QKeySequence& key) {
        button->setObjectName(QLatin1String(name));
        auto* action = new QAction(text, this);
        action->setShortcut(key);
        connect(action, &QAction::triggered, button, &QPushButton::click);
        commands_.append({action, button});
    };
    add(show_, "jobShow", tr("&Show where it runs"), QKeySequence(Qt::Key_F8));
    add(cancel_, "jobCancel", tr("&Cancel"), QKeySequence(tr("Shift+F8")));
    add(resume_, "jobResume", tr("&Resume"), QKeySequence(Qt::Key_F9));
    add(forget_, "jobForget", tr("&Forget…"), QKeySequence(tr("Shift+F9")));
    add(copy_, "jobCopy", tr("C&opy command"), QKeySequence(tr("Ctrl+Alt+K")));
    add(copyResult_, "jobCopyResult", tr("Copy r&esult"), QKeySequence(tr("Ctrl+Alt+O")));
    add(clear_, "jobClear", tr("C&lear ended"), QKeySequence(tr("Ctrl+Shift+J")));
    // What is cancelled is told by the list alone.
    connect(commands_[1].first, &QAction::triggered, this, &QWidget::show);
}

QList<QAction*> JobsDock::commands() const {
    QList<QAction*> actions;
    for (const auto& [action, button] : commands_) actions << action;
    return actions;
}

// Where none is chosen, the newest.
int JobsDock::currentRow() const {
    const int row = table_->currentIndex().row();
    return row >= 0 ? row : model_->rowCount() > 0 ? 0 : -1;
}

void JobsDock::updateButtons() {
    const int row = currentRow();
    stack_->setCurrentIndex(row >= 0 ? 1 : 0);
    show_->setEnabled(row >= 0 && model_->at(row).origin);
    cancel_->setEnabled(row >= 0 && model_->at(row).job != nullptr);
    const bool resumable = model_->canResume(row);
    cancel_->setVisible(!resumable);
    for (QPushButton* button : {resume_, forget_}) button->setVisible(resumable);
    copy_->setEnabled(row >= 0 && !model_->at(row).facts.command.isEmpty());
    copyResult_->setEnabled(row >= 0 && !model_->at(row).outcome.isEmpty());
    clear_->setEnabled(model_->hasEnded());
    for (const auto& [action, button] : commands_) {
        action->setEnabled(button->isEnabled());
        action->setVisible(!button->isHidden());
    }
}

QString JobsDock::remembered(int row) const {
    return model_->canResume(row) ? model_->at(row).facts.remembered : QString();
}

void JobsDock::showOrigin(int row) {
    if (row < 0) return;
    if (const QObject* origin = model_->at(row).origin) emit showRequested(origin);
}

void JobsDock::showMenu(const QPoint& position) {
    if (!table_->indexAt(position).isValid()) return;
    QMenu menu;
    menu.addActions(commands());
    menu.exec(table_->viewport()->mapToGlobal(position));
}

}  // namespace plimsoll::ui
