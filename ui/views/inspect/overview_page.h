// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QScrollArea>
#include <memory>

#include "checkpoint/checkpoint.h"
#include "models/overview.h"

class QVBoxLayout;

namespace plimsoll::ui {

// The checkpoint at a glance: size, data types, safety of its pickles, warnings, files.
class OverviewPage final : public QScrollArea {
    Q_OBJECT
public:
    explicit OverviewPage(QWidget* parent = nullptr);
    void setCheckpoint(std::shared_ptr<const Checkpoint> checkpoint, std::shared_ptr<const Overview> overview);

signals:
    void tensorChosen(plimsoll::TensorId tensor);

private:
    void addFigures(QVBoxLayout& column);
    void addWarnings(QVBoxLayout& column);
    void addGlobals(QVBoxLayout& column);
    void addDTypes(QVBoxLayout& column);
    void addLargest(QVBoxLayout& column);
    void addFiles(QVBoxLayout& column);
    void addHeading(QVBoxLayout& column, const QString& text);

    std::shared_ptr<const Checkpoint> checkpoint_;
    std::shared_ptr<const Overview> overview_;
};

}  // namespace plimsoll::ui
