// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>
#include <memory>

#include "jobs/audit_job.h"

class QPushButton;
class QScrollArea;
class QVBoxLayout;

namespace plimsoll::ui {

class Banner;
class RunStrip;

// Where the bytes of the checkpoint went, and what would make it smaller.
class OverviewView final : public QWidget {
    Q_OBJECT
public:
    explicit OverviewView(QWidget* parent = nullptr);
    void setCheckpoint(std::shared_ptr<const Checkpoint> checkpoint);  // null: nothing; starts an audit

signals:
    void tensorChosen(plimsoll::TensorId tensor);
    void recipeChosen(const plimsoll::Recipe& recipe);
    void reportShown();

private:
    void run(bool readTensors);
    void show(const std::shared_ptr<const AuditReport>& report);
    void addFigures(QVBoxLayout& column);
    void addSlimming(QVBoxLayout& column);
    void addRoles(QVBoxLayout& column);
    void addParts(QVBoxLayout& column);
    void addOptimizers(QVBoxLayout& column);
    void addUnused(QVBoxLayout& column);
    void addGroups(QVBoxLayout& column, const QString& heading, const std::vector<TensorGroup>& groups);
    void addIdentical(QVBoxLayout& column);
    void addTensorLink(QVBoxLayout& column, TensorId tensor, const QString& remark);

    Banner* problem_;
    RunStrip* strip_;
    QScrollArea* scroll_;
    LatestJob<AuditJob> job_;
    std::shared_ptr<const Checkpoint> checkpoint_;
    std::shared_ptr<const AuditReport> report_;
};

}  // namespace plimsoll::ui
