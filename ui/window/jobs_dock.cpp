// SPDX-License-Identifier: GPL-3.0-or-later
#include "window/jobs_dock.h"

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
    auto* nothing = new Label(Label::Style::Muted,
                              tr("Conversions, load tests, comparisons and deep checks are listed here while they run. "
                                 "Those that need the disk run one after the other."));
    nothing->setAlignment(Qt::AlignCenter);
    nothing->setWordWrap(true);
    stack_->addWidget(nothing);
    stack_->addWidget(table_);
    show_->setObjectName(QStringLiteral("jobShow"));
    show_->setToolTip(tr("Goes to where it runs: its progress, its curve, its result"));
    cancel_->setObjectName(QStringLiteral("jobCancel"));
    copy_->setObjectName(QStringLiteral("jobCopy"));
    clear_->setObjectName(QStringLiteral("jobClear"));
    auto* buttons = new QVBoxLayout;
    buttons->setSpacing(6);
    resume_->setObjectName(QStringLiteral("jobResume"));
    forget_->setObjectName(QStringLiteral("jobForget"));
    for (QPushButton* button : {show_, cancel_, resume_, forget_, copy_, clear_}) buttons->addWidget(button);
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
    connect(copy_, &QPushButton::clicked, this, &JobsDock::copyCommand);
    connect(clear_, &QPushButton::clicked, model_, &JobListModel::clearEnded);
    updateButtons();
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
    clear_->setEnabled(model_->hasEnded());
}

QString JobsDock::remembered(int row) const {
    return model_->canResume(row) ? model_->at(row).facts.remembered : QString();
}

void JobsDock::showOrigin(int row) {
    if (row < 0) return;
    if (const QObject* origin = model_->at(row).origin) emit showRequested(origin);
}

void JobsDock::copyCommand() const {
    if (const int row = currentRow(); row >= 0) QApplication::clipboard()->setText(model_->at(row).facts.command);
}

void JobsDock::showMenu(const QPoint& position) {
    const int row = table_->indexAt(position).row();
    if (row < 0) return;
    QMenu menu;
    menu.addAction(show_->text(), this, [this, row] { showOrigin(row); })->setEnabled(model_->at(row).origin);
    menu.addAction(cancel_->text(), this, [this, row] { model_->cancel(row); })
        ->setEnabled(model_->at(row).job != nullptr);
    if (const QString line = remembered(row); !line.isEmpty()) {
        menu.addAction(resume_->text(), this, [this, line] { emit resumeRequested(line); });
        menu.addAction(forget_->text(), this, [this, line] { emit forgetRequested(line); });
    }
    menu.addAction(copy_->text(), this, &JobsDock::copyCommand)->setEnabled(!model_->at(row).facts.command.isEmpty());
    menu.addAction(tr("Copy result"), this,
                   [this, row] { QApplication::clipboard()->setText(model_->at(row).outcome); })
        ->setEnabled(!model_->at(row).outcome.isEmpty());
    menu.exec(table_->viewport()->mapToGlobal(position));
}

}  // namespace plimsoll::ui
