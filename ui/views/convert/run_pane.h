// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>
#include <memory>
#include <string>

#include "jobs/convert_job.h"

class QProgressBar;
class QPushButton;

namespace plimsoll::ui {

class Banner;
class DetailsTabs;
class FigureRow;
class Label;
class LossTable;
class MemoryPlot;

// One conversion: while it waits and runs, and what came of it.
class RunPane final : public QWidget {
    Q_OBJECT
public:
    explicit RunPane(const QString& place, QWidget* parent = nullptr);
    void start(std::shared_ptr<const Plan> plan, const std::string& source);  // once; see ConvertJob::convert()
    void retire();                                                            // stops what runs, then deletes this
    [[nodiscard]] const QString& place() const noexcept { return place_; }    // the destination, as an absolute path
    [[nodiscard]] const std::shared_ptr<const Plan>& plan() const noexcept { return plan_; }
    [[nodiscard]] bool isRunning() const { return job_.get() != nullptr; }
    [[nodiscard]] bool isComplete() const noexcept { return state_ == State::Done; }
    [[nodiscard]] QString stateText() const;  // "small.pth: 72 %"

signals:
    void stateChanged();
    void ended();
    void openRequested(const QString& path);
    void compareRequested(const QString& path);
    void planRequested();  // back to the plan

private:
    enum class State { Waiting, Running, Done, Cancelled, Failed };

    [[nodiscard]] QWidget* buildProgress();
    [[nodiscard]] QWidget* buildResult();
    void showTitle();
    void showProgress(const Job& job);
    [[nodiscard]] QString resultPath() const;
    [[nodiscard]] QString phaseText(std::uint64_t done) const;
    void showReport(const std::shared_ptr<const ConvertReport>& report);
    void showFailure(const Error& error);
    void showFolder();
    void drawNow();
    void end(State state);
    void setState(State state);

    QString place_;
    Label* title_;
    Banner* outcome_;
    QWidget* buttons_;
    QPushButton* open_;
    QPushButton* folder_;
    QPushButton* compare_;
    QPushButton* back_;
    QWidget* progress_ = nullptr;  // what is seen while it waits or runs
    QProgressBar* bar_;
    QPushButton* cancel_;
    Label* phase_;
    Label* speed_;
    FigureRow* figures_;
    DetailsTabs* tabs_;
    MemoryPlot* plot_;
    QWidget* memory_;
    QWidget* lossPage_;
    Label* lossSummary_;
    LossTable* loss_;
    LatestJob<ConvertJob> job_;
    std::shared_ptr<const Plan> plan_;
    State state_ = State::Waiting;
    std::uint64_t resumedBytes_ = 0;  // what the first progress counted at once
};

}  // namespace plimsoll::ui
