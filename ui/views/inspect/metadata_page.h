// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>
#include <memory>

#include "checkpoint/checkpoint.h"

class QStackedWidget;
class QTreeView;

namespace plimsoll::ui {

class MetadataModel;

// Everything in the checkpoint that is not a tensor.
class MetadataPage final : public QWidget {
    Q_OBJECT
public:
    explicit MetadataPage(QWidget* parent = nullptr);
    void setCheckpoint(std::shared_ptr<const Checkpoint> checkpoint);

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    MetadataModel* model_;
    QStackedWidget* stack_;
    QTreeView* view_;
};

}  // namespace plimsoll::ui
