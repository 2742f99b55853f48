// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>
#include <memory>

#include "checkpoint/checkpoint.h"
#include "jobs/check_job.h"

class QCheckBox;
class QPushButton;

namespace plimsoll::ui {

class Banner;
class FindingsTable;
class Label;
class RunStrip;

// Whether the checkpoint is whole. Runs on demand: it reads every byte.
class IntegrityView final : public QWidget {
    Q_OBJECT
public:
    explicit IntegrityView(QWidget* parent = nullptr);
    void setCheckpoint(const std::shared_ptr<const Checkpoint>& checkpoint);  // null: nothing; stops what runs
    void show(const CheckReport& report);

signals:
    void reportShown();

private:
    void buildControls();
    void run();
    void showFailure(const Error& error);
    void showHint(const QString& text);

    QPushButton* start_;
    QCheckBox* deep_;
    QPushButton* copy_;
    Banner* verdict_;
    RunStrip* strip_;
    Label* facts_;
    FindingsTable* table_;
    Label* hint_;
    LatestJob<CheckJob> job_;
    std::string path_;
};

}  // namespace plimsoll::ui
