// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QStringList>
#include <memory>
#include <vector>

#include "checkpoint/checkpoint.h"
#include "jobs/job.h"
#include "lab/load_report.h"
#include "models/overview.h"
#include "models/tensor_tree.h"

namespace plimsoll::ui {

// What the window shows first, computed off the GUI thread.
struct OpenedCheckpoint {
    std::shared_ptr<const Checkpoint> checkpoint;
    std::shared_ptr<const TensorRows> rows;  // of all tensors, by name
    std::shared_ptr<const Overview> overview;
};

struct OpenFailure {
    QString path;
    Error error;
    std::vector<GlobalRef> globals;  // what its pickles named before they broke
    QStringList choices;             // of a folder that holds several checkpoints: they, by path
};

// Opens a checkpoint, or a saved report of load tests where the path is one.
class OpenJob final : public Job {
    Q_OBJECT
public:
    explicit OpenJob(QObject* parent) : Job(parent) {}
    void open(const QString& path);

signals:
    void opened(const plimsoll::ui::OpenedCheckpoint& opened);
    void reportOpened(const std::shared_ptr<const plimsoll::LoadReport>& report);
    void failed(const plimsoll::ui::OpenFailure& failure);
};

}  // namespace plimsoll::ui
