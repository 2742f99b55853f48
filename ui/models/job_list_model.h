// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractTableModel>
#include <QList>
#include <QPointer>
#include <QString>
#include <functional>

#include "jobs/job.h"
#include "jobs/unfinished.h"

namespace plimsoll::ui {

// The jobs that JobMonitor has told of, the newest first, and what came of them; below them those that an earlier start
// of the program left. GUI thread only.
class JobListModel final : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { Title, State, Progress, Time, ColumnCount };
    enum Role { ShareRole = Qt::UserRole };
    enum class JobState { Waiting, Running, Done, Failed, Cancelled, Stopped };

    struct Row {
        Job* job = nullptr;          // while it waits or runs
        QPointer<QObject> origin{};  // what shows it, while that is there
        JobFacts facts;
        JobState state = JobState::Waiting;
        double share = 0;  // of its work, where that is known
        bool measured = false;
        double seconds = 0;
        QString outcome;  // of a job that has ended; of one that runs, where it is
    };

    explicit JobListModel(QObject* parent = nullptr);

    [[nodiscard]] const Row& at(int row) const { return rows_.at(row); }
    [[nodiscard]] int liveCount() const;       // that wait or run
    [[nodiscard]] const Row* running() const;  // the first that runs, or null
    void cancel(int row) const;
    void clearEnded();
    [[nodiscard]] bool hasEnded() const;  // something that clearEnded() would clear
    void addStopped(const QList<unfinished::Conversion>& conversions);
    [[nodiscard]] bool canResume(int row) const;
    void drop(const QString& remembered);  // all rows of it that have ended

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

    [[nodiscard]] static QString stateText(JobState state);

signals:
    void changed();                                             // something of a row
    void jobEnded(const plimsoll::ui::JobListModel::Row& row);  // by itself, by failing or by being cancelled

private:
    void enter(Job* job);
    void end(Job* job);
    void leave(Job* job);
    void update(const Job* job);
    [[nodiscard]] int rowOf(const Job* job) const;
    void tell(int row);
    static void setCancelled(Row& row);
    void removeRowsIf(const std::function<bool(const Row&)>& unwanted);

    QList<Row> rows_;
};

}  // namespace plimsoll::ui
