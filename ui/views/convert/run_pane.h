// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>
#include <memory>

#include "jobs/convert_job.h"

class QProgressBar;
class QPushButton;

namespace plimsoll::ui {

class Banner;
class Label;
class MemoryPlot;

// One conversion while it runs, and what came of it.
class RunPane final : public QWidget {
    Q_OBJECT
public:
    explicit RunPane(QWidget* parent = nullptr);
    void start(std::shared_ptr<const Plan> plan);
    void reset();  // stops a running conversion
    [[nodiscard]] bool isRunning() const { return job_.get() != nullptr; }
    [[nodiscard]] QString outcome() const;

signals:
    void stateChanged();  // started or ended
    void openRequested(const QString& path);

private:
    void showProgress(quint64 done);
    void showReport(const ConvertReport& report);
    void showFailure(const Error& error);
    void end();

    Banner* outcome_;
    QProgressBar* bar_;
    Label* speed_;
    QPushButton* cancel_;
    QPushButton* open_;
    MemoryPlot* plot_;
    LatestJob<ConvertJob> job_;
    std::shared_ptr<const Plan> plan_;
};

}  // namespace plimsoll::ui
