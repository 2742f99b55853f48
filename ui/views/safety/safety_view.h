// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>
#include <memory>

#include "checkpoint/checkpoint.h"
#include "jobs/scan_job.h"

class QPushButton;

namespace plimsoll::ui {

class Banner;
class FindingsTable;
class Label;
class RunStrip;

// What loading the checkpoint in Python would run: every name that its pickles import, with a verdict. What was not
// looked into is listed, and as long as there is any, nothing here says that the file is clean.
class SafetyView final : public QWidget {
    Q_OBJECT
public:
    explicit SafetyView(QWidget* parent = nullptr);
    void setCheckpoint(const std::shared_ptr<const Checkpoint>& checkpoint);  // null: nothing; starts a scan

    void show(const ScanReport& report);

signals:
    void reportShown();

private:
    void run();
    void showVerdict(const ScanReport& report);
    void showFailure(const Error& error);

    Banner* verdict_;
    RunStrip* strip_;
    Label* facts_;
    FindingsTable* table_;
    Label* nothing_;
    QPushButton* again_;
    QPushButton* copy_;
    LatestJob<ScanJob> job_;
    std::string path_;
};

}  // namespace plimsoll::ui
