// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include "jobs/open_job.h"
#include "views/inspect/tensor_show.h"

class QDockWidget;
class QMainWindow;
class QTabWidget;

namespace plimsoll::ui {

class MetadataPage;
class OverviewPage;
class TensorPage;
class TreePane;

// What is in the checkpoint: the tensors as a tree, and in a dock beside it a summary, one tensor, or the rest.
class InspectView final : public QWidget {
    Q_OBJECT
public:
    explicit InspectView(QWidget* parent = nullptr);
    ~InspectView() override;
    void setCheckpoint(const OpenedCheckpoint& opened);  // a null checkpoint shows nothing
    void focusFilter();
    void toggleListing();
    void setShow(TensorShow show);
    void selectTensor(TensorId tensor);
    void resetLayout();
    [[nodiscard]] TreePane* tensors() const noexcept { return tree_; }
    TensorPage* turnToTensor();

private:
    void showTensor(TensorId tensor);

    QMainWindow* frame_;
    QDockWidget* details_;
    TreePane* tree_;
    QTabWidget* tabs_;
    OverviewPage* overview_;
    TensorPage* tensor_;
    MetadataPage* metadata_;
    std::shared_ptr<const Checkpoint> checkpoint_;
};

}  // namespace plimsoll::ui
