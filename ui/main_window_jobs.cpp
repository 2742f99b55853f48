// SPDX-License-Identifier: GPL-3.0-or-later
// What the window tells of its jobs.
#include <QApplication>
#include <QMenuBar>
#include <QTabWidget>
#include <QToolButton>

#include "jobs/job_monitor.h"
#include "main_window.h"
#include "models/job_list_model.h"
#include "text/text.h"
#include "window/jobs_dock.h"
#include "window/toast.h"

namespace plimsoll::ui {
namespace {

bool isBelow(const QObject* object, const QObject* top) {
    while (object != nullptr && object != top) object = object->parent();
    return object == top;
}

}  // namespace

void MainWindow::buildJobs() {
    jobsDock_ = new JobsDock(jobs_, this);
    addDockWidget(Qt::BottomDockWidgetArea, jobsDock_);
    jobsDock_->hide();
    jobState_ = new QToolButton;
    jobState_->setObjectName(QStringLiteral("jobState"));
    jobState_->setAutoRaise(true);
    jobState_->setToolTip(tr("Shows the list of jobs"));
    menuBar()->setCornerWidget(jobState_);
    showJobState();
    connect(jobState_, &QToolButton::clicked, this, [this] { showJobs(!jobsDock_->isVisible()); });
    connect(toast_, &Toast::pressed, this, [this] { showJobs(true); });
    connect(jobs_, &JobListModel::changed, this, &MainWindow::showJobState);
    connect(jobs_, &JobListModel::jobEnded, this, [this](const JobListModel::Row& row) {
        // Who cancels a job knows that it has ended, and who looks at the list sees it there.
        if (row.state == JobListModel::JobState::Cancelled) return;
        if (!isActiveWindow()) QApplication::alert(this);
        if (jobsDock_->isVisible()) return;
        const bool good = row.state == JobListModel::JobState::Done;
        toast_->tell(tr("%1: %2").arg(row.facts.title, JobListModel::stateText(row.state)), row.outcome, good);
    });
}

void MainWindow::showJobs(bool shown) {
    jobsDock_->setVisible(shown);
    if (!shown) return;
    jobsDock_->raise();
    toast_->hide();
}

void MainWindow::showJobState() {
    const int live = jobs_->liveCount();
    const JobListModel::Row* running = jobs_->running();
    QString text = live == 0 ? tr("Jobs") : live == 1 ? tr("1 job") : tr("%1 jobs").arg(live);
    if (running != nullptr && running->measured)
        text += QStringLiteral("  ·  %1").arg(percentText(static_cast<std::uint64_t>(running->share * 1000), 1000));
    if (text == jobState_->text()) return;
    jobState_->setText(text);
    menuBar()->setCornerWidget(jobState_);  // it has another width now
}

QString MainWindow::runningJobs(const QWidget* below) const {
    QStringList sentences;
    for (int i = 0; i < tabs_->count(); ++i)
        if (isBelow(page(i), below) && page(i)->isBusy()) sentences << page(i)->busyText();
    int others = 0;
    for (const Job* job : JobMonitor::instance().jobs())
        if (isBelow(job, below)) ++others;
    others -= static_cast<int>(sentences.size());
    if (others > 0 && sentences.isEmpty()) {
        for (const Job* job : JobMonitor::instance().jobs()) {
            if (!isBelow(job, below)) continue;
            sentences << tr("A job is running: %1.").arg(job->facts().title);
            --others;
            break;
        }
    }
    if (others == 1) sentences << tr("One more job runs or waits.");
    if (others > 1) sentences << tr("%1 more jobs run or wait.").arg(others);
    return sentences.join(QLatin1Char(' '));
}

QList<OtherCheckpoint> MainWindow::checkpointsBeside(const DocumentPage* page) const {
    QList<OtherCheckpoint> result;
    for (int i = 0; i < tabs_->count(); ++i) {
        const DocumentPage* other = this->page(i);
        if (other != page && other->checkpoint()) result.append({other->path(), other->checkpoint()});
    }
    return result;
}

}  // namespace plimsoll::ui
