// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

class QProgressBar;

namespace plimsoll::ui {

class Job;
class Label;

// What runs, how far it is, and a way to stop it. Hidden while nothing runs.
class RunStrip final : public QWidget {
    Q_OBJECT
public:
    explicit RunStrip(QWidget* parent = nullptr);
    // Shows the job until it has ended; Cancel cancels it.
    void follow(Job* job, const QString& what);

private:
    void showProgress(const Job& job);

    Label* text_;
    QProgressBar* bar_;
    Job* job_ = nullptr;
};

}  // namespace plimsoll::ui
