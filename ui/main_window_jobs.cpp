// SPDX-License-Identifier: GPL-3.0-or-later
// What the window tells of its jobs.
#include <QApplication>
#include <QMenuBar>
#include <QMessageBox>
#include <QPushButton>
#include <QTabWidget>
#include <QToolButton>
#include <algorithm>

#include "jobs/job_monitor.h"
#include "jobs/unfinished.h"
#include "main_window.h"
#include "models/job_list_model.h"
#include "text/text.h"
#include "window/desktop_notification.h"
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
    connect(jobsDock_, &JobsDock::showRequested, this, &MainWindow::showOrigin);
    connect(jobsDock_, &JobsDock::resumeRequested, this, &MainWindow::resumeConversion);
    connect(jobsDock_, &JobsDock::forgetRequested, this, &MainWindow::forgetConversion);
    connect(toast_, &Toast::pressed, this, [this] { showJobs(true); });
    connect(jobs_, &JobListModel::changed, this, &MainWindow::showJobState);
    connect(jobs_, &JobListModel::jobEnded, this, [this](const JobListModel::Row& row) {
        // Who cancels a job knows that it has ended, and who looks at the list sees it there.
        if (row.state == JobListModel::JobState::Cancelled) return;
        const QString headline = tr("%1: %2").arg(row.facts.title, JobListModel::stateText(row.state));
        if (QApplication::activeWindow() == nullptr) {
            QApplication::alert(this);
            notifyDesktop(headline, row.outcome);
        }
        if (jobsDock_->isVisible()) return;
        toast_->tell(headline, row.outcome, row.state == JobListModel::JobState::Done);
    });
}

void MainWindow::showOrigin(const QObject* origin) {
    for (int i = 0; i < tabs_->count(); ++i) {
        if (!isBelow(origin, page(i))) continue;
        tabs_->setCurrentIndex(i);
        page(i)->reveal(qobject_cast<const QWidget*>(origin));
    }
}

// Of an earlier start of the program, however that ended.
void MainWindow::offerUnfinished() {
    const auto conversions = unfinished::list();
    jobs_->addStopped(conversions);
    if (!conversions.isEmpty()) showJobs(true);
}

void MainWindow::resumeConversion(const QString& line) {
    const auto known = unfinished::list();
    const auto found = std::find_if(known.begin(), known.end(), [&line](const auto& one) { return one.line == line; });
    if (found == known.end()) {
        jobs_->drop(line);
        toast_->tell(tr("Nothing to resume"), tr("Its files have gone, or it was completed elsewhere."), false);
        return;
    }
    const int open = pageOf(found->opened);
    if (open >= 0) tabs_->setCurrentIndex(open);
    DocumentPage* at = open >= 0 || currentPage()->path().isEmpty() ? currentPage() : addPage();
    at->resumeConversion(found->opened, line);
}

// What is on the disk goes with the plan that it belongs to: the convert view shows and discards it.
void MainWindow::forgetConversion(const QString& line) {
    QMessageBox box(QMessageBox::Question, tr("Forget the conversion"),
                    tr("It is not offered any more. What was done of it stays on the disk, beside its destination, "
                       "until its checkpoint is converted there again."),
                    QMessageBox::Cancel, this);
    const QPushButton* forget = box.addButton(tr("Forget"), QMessageBox::AcceptRole);
    box.exec();
    if (box.clickedButton() != forget) return;
    unfinished::forget(line);
    jobs_->drop(line);
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
    int conversions = 0;
    QStringList others;
    for (const Job* job : JobMonitor::instance().jobs()) {
        if (!isBelow(job, below)) continue;
        if (job->facts().remembered.isEmpty())
            others << job->facts().title;
        else
            ++conversions;
    }
    QStringList sentences;
    if (conversions == 1) sentences << tr("A conversion is running. What is done of it stays and can be resumed.");
    if (conversions > 1)
        sentences << tr("%1 conversions run or wait. What is done of them stays and can be resumed.").arg(conversions);
    if (others.size() == 1) sentences << tr("A job is running: %1.").arg(others.first());
    if (others.size() > 1) sentences << tr("%1 jobs run or wait: %2.").arg(others.size()).arg(others.join(tr(", ")));
    return sentences.join(QLatin1Char(' '));
}

bool MainWindow::confirmStopping(const QWidget* below, const QString& question, const QString& yes) {
    const QString what = runningJobs(below);
    if (what.isEmpty()) return true;
    QMessageBox box(QMessageBox::Question, tr("Still working"), QStringLiteral("%1 %2").arg(what, question),
                    QMessageBox::Close | QMessageBox::Cancel, this);
    box.button(QMessageBox::Close)->setText(yes);
    box.setDefaultButton(QMessageBox::Cancel);
    // Jobs go on while the question is read. What came of them may be wanted, so it stays a question.
    const auto retell = [&] {
        const QString left = runningJobs(below);
        box.setText(left.isEmpty() ? tr("What was running has ended meanwhile. %1?").arg(yes)
                                   : QStringLiteral("%1 %2").arg(left, question));
    };
    connect(&JobMonitor::instance(), &JobMonitor::ended, &box, retell);
    connect(&JobMonitor::instance(), &JobMonitor::left, &box, retell);
    return box.exec() == QMessageBox::Close;
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
