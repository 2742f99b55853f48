// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/job_list_model.h"

#include <algorithm>

#include "convert/command_line.h"
#include "jobs/convert_job.h"
#include "jobs/job_monitor.h"
#include "text/errors.h"
#include "text/text.h"

namespace plimsoll::ui {
namespace {
constexpr qsizetype kMostRows = 100;  // older ones that have ended are forgotten
}

JobListModel::JobListModel(QObject* parent) : QAbstractTableModel(parent) {
    const JobMonitor& monitor = JobMonitor::instance();
    connect(&monitor, &JobMonitor::entered, this, &JobListModel::enter);
    connect(&monitor, &JobMonitor::ended, this, &JobListModel::end);
    connect(&monitor, &JobMonitor::left, this, &JobListModel::leave);
    for (Job* job : monitor.jobs()) enter(job);
}

int JobListModel::rowOf(const Job* job) const {
    for (qsizetype i = 0; i < rows_.size(); ++i)
        if (rows_[i].job == job) return static_cast<int>(i);
    return -1;
}

int JobListModel::liveCount() const {
    return static_cast<int>(
        std::count_if(rows_.begin(), rows_.end(), [](const Row& row) { return row.job != nullptr; }));
}

const JobListModel::Row* JobListModel::running() const {
    const auto found =
        std::find_if(rows_.begin(), rows_.end(), [](const Row& row) { return row.state == JobState::Running; });
    return found == rows_.end() ? nullptr : &*found;
}

void JobListModel::enter(Job* job) {
    if (!job->facts().remembered.isEmpty()) drop(job->facts().remembered);  // it goes on
    if (rows_.size() >= kMostRows && rows_.last().job == nullptr) {
        beginRemoveRows({}, static_cast<int>(rows_.size()) - 1, static_cast<int>(rows_.size()) - 1);
        rows_.removeLast();
        endRemoveRows();
    }
    beginInsertRows({}, 0, 0);
    rows_.prepend({job, job->parent(), job->facts(), JobState::Waiting, 0, false, 0, {}});
    endInsertRows();
    // Later: while a widget says so its QPointers are still set.
    if (job->parent() != nullptr)
        connect(job->parent(), &QObject::destroyed, this, &JobListModel::changed, Qt::QueuedConnection);
    connect(job, &Job::begun, this, [this, job] { update(job); });
    connect(job, &Job::progressed, this, [this, job] { update(job); });
    emit changed();
}

void JobListModel::update(const Job* job) {
    const int at = rowOf(job);
    if (at < 0) return;
    Row& row = rows_[at];
    row.state = job->isWaiting() ? JobState::Waiting : JobState::Running;
    row.measured = job->totalBytes() > 0;
    if (row.measured)
        row.share = std::min(1.0, static_cast<double>(job->doneBytes()) / static_cast<double>(job->totalBytes()));
    row.seconds = job->elapsedSeconds();
    row.outcome = job->stage();
    tell(at);
}

void JobListModel::end(Job* job) {
    const int at = rowOf(job);
    if (at < 0) return;
    Row& row = rows_[at];
    row.job = nullptr;
    row.seconds = job->elapsedSeconds();
    row.outcome.clear();
    if (!job->failure()) {
        row.state = JobState::Done;
        row.share = 1;
        row.outcome = job->result();
    } else if (job->failure()->code == Errc::Cancelled) {
        setCancelled(row);
    } else {
        row.state = JobState::Failed;
        row.outcome = errorLine(*job->failure(), {});
    }
    tell(at);
    emit jobEnded(rows_[at]);
}

void JobListModel::leave(Job* job) {
    const int at = rowOf(job);
    if (at < 0) return;
    rows_[at].job = nullptr;
    rows_[at].outcome.clear();
    setCancelled(rows_[at]);
    rows_[at].seconds = job->elapsedSeconds();
    tell(at);
}

void JobListModel::setCancelled(Row& row) {
    row.state = JobState::Cancelled;
    if (!row.facts.remembered.isEmpty()) row.outcome = tr("can be resumed");
}

void JobListModel::tell(int row) {
    emit dataChanged(index(row, 0), index(row, ColumnCount - 1));
    emit changed();
}

void JobListModel::cancel(int row) const {
    if (row >= 0 && row < rows_.size() && rows_[row].job != nullptr) rows_[row].job->cancel();
}

// What an earlier start left stays until it is resumed or forgotten.
void JobListModel::clearEnded() {
    removeRowsIf([](const Row& row) { return row.job == nullptr && row.state != JobState::Stopped; });
}

bool JobListModel::hasEnded() const {
    return std::any_of(rows_.begin(), rows_.end(),
                       [](const Row& row) { return row.job == nullptr && row.state != JobState::Stopped; });
}

void JobListModel::addStopped(const QList<unfinished::Conversion>& conversions) {
    if (conversions.isEmpty()) return;
    const int first = rowCount();
    beginInsertRows({}, first, first + static_cast<int>(conversions.size()) - 1);
    for (const unfinished::Conversion& conversion : conversions) {
        Row row;
        const auto command = parseConvertCommand(conversion.line.toStdString());
        row.facts = {command ? ConvertJob::titleFor(toText(command->recipe.destination)) : conversion.line,
                     conversion.begun ? conversion.line + QStringLiteral(" --resume") : conversion.line, true,
                     conversion.line};
        row.state = JobState::Stopped;
        row.outcome = conversion.begun ? tr("can be resumed") : tr("had not begun, can be started");
        rows_.append(row);
    }
    endInsertRows();
    emit changed();
}

bool JobListModel::canResume(int row) const {
    if (row < 0 || row >= rows_.size() || rows_[row].job != nullptr) return false;
    return !rows_[row].facts.remembered.isEmpty() && rows_[row].state != JobState::Done;
}

void JobListModel::drop(const QString& remembered) {
    removeRowsIf([&](const Row& row) { return row.job == nullptr && row.facts.remembered == remembered; });
}

void JobListModel::removeRowsIf(const std::function<bool(const Row&)>& unwanted) {
    for (int row = rowCount() - 1; row >= 0; --row) {
        if (!unwanted(rows_[row])) continue;
        beginRemoveRows({}, row, row);
        rows_.removeAt(row);
        endRemoveRows();
    }
    emit changed();
}

int JobListModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}

int JobListModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : ColumnCount;
}

QString JobListModel::stateText(JobState state) {
    switch (state) {
        case JobState::Waiting:
            return tr("waiting");
        case JobState::Running:
            return tr("running");
        case JobState::Done:
            return tr("done");
        case JobState::Failed:
            return tr("failed");
        case JobState::Cancelled:
            return tr("cancelled");
        case JobState::Stopped:
            return tr("stopped");
    }
    return {};
}

QVariant JobListModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || index.row() >= rowCount()) return {};
    const Row& row = rows_.at(index.row());
    if (role == ShareRole) return row.share;
    if (role == Qt::ToolTipRole) return row.outcome.isEmpty() ? row.facts.title : row.outcome;
    if (role == Qt::TextAlignmentRole && index.column() == Time) return int(Qt::AlignRight | Qt::AlignVCenter);
    if (role != Qt::DisplayRole) return {};
    switch (index.column()) {
        case Title:
            return row.facts.title;
        case State:
            return row.outcome.isEmpty() ? stateText(row.state)
                                         : QStringLiteral("%1: %2").arg(stateText(row.state), row.outcome);
        case Progress:
            if (row.state == JobState::Done) return percentText(1, 1);
            if (!row.measured) return QString();
            return percentText(static_cast<std::uint64_t>(row.share * 1000), 1000);
        case Time:
            return row.seconds > 0 ? durationText(row.seconds) : QString();
        default:
            return {};
    }
}

QVariant JobListModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal) return {};
    if (role == Qt::TextAlignmentRole)
        return int((section == Time ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    if (role != Qt::DisplayRole) return {};
    static const char* const kNames[] = {QT_TR_NOOP("Job"), QT_TR_NOOP("State"), QT_TR_NOOP("Progress"),
                                         QT_TR_NOOP("Time")};
    return section >= 0 && section < ColumnCount ? tr(kNames[section]) : QVariant();
}

}  // namespace plimsoll::ui
