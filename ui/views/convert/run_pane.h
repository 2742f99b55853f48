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

// One conversion while it runs, and what came of it.
class RunPane final : public QWidget {
    Q_OBJECT
public:
    explicit RunPane(QWidget* parent = nullptr);
    void start(std::shared_ptr<const Plan> plan, const std::string& source);  // see ConvertJob::convert()
    void reset();                                                             // stops a running conversion
    [[nodiscard]] bool isRunning() const { return job_.get() != nullptr; }
    [[nodiscard]] QString outcome() const;

signals:
    void started(const std::shared_ptr<const plimsoll::Plan>& plan);
    void ended(const std::shared_ptr<const plimsoll::Plan>& plan, bool complete);
    void openRequested(const QString& path);
    void compareRequested(const QString& path);
    void planRequested();  // back to the plan

private:
    [[nodiscard]] QWidget* buildResult();
    void showProgress(const Job& job);
    [[nodiscard]] QString resultPath() const;
    [[nodiscard]] QString phaseText(std::uint64_t done) const;
    void showReport(const std::shared_ptr<const ConvertReport>& report);
    void showFailure(const Error& error);
    void showFolder();
    void end(bool complete);

    Label* title_;
    Banner* outcome_;
    QWidget* buttons_;
    QPushButton* open_;
    QPushButton* folder_;
    QPushButton* compare_;
    QPushButton* back_;
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
    bool isComplete_ = false;
    std::uint64_t resumedBytes_ = 0;  // what the first progress counted at once
};

}  // namespace plimsoll::ui
