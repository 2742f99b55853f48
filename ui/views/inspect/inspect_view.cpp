// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/inspect/inspect_view.h"

#include <QDockWidget>
#include <QMainWindow>
#include <QSettings>
#include <QTabWidget>
#include <QVBoxLayout>

#include "views/inspect/metadata_page.h"
#include "views/inspect/overview_page.h"
#include "views/inspect/tensor_page.h"
#include "views/inspect/tree_pane.h"

namespace plimsoll::ui {
namespace {
const QString kStateKey = QStringLiteral("inspect/docks");
constexpr int kDetailsWidth = 520;
}  // namespace

InspectView::InspectView(QWidget* parent)
    : QWidget(parent),
      frame_(new QMainWindow(nullptr, Qt::Widget)),
      details_(new QDockWidget(tr("Details"))),
      tree_(new TreePane),
      tabs_(new QTabWidget),
      overview_(new OverviewPage),
      tensor_(new TensorPage),
      metadata_(new MetadataPage) {
    setObjectName(QStringLiteral("inspectView"));
    tabs_->setObjectName(QStringLiteral("detailTabs"));
    tabs_->setDocumentMode(true);
    tabs_->addTab(overview_, tr("Summary"));
    tabs_->addTab(tensor_, tr("Tensor"));
    tabs_->addTab(metadata_, tr("Metadata"));
    details_->setObjectName(QStringLiteral("detailsDock"));
    details_->setWidget(tabs_);
    details_->setAcceptDrops(true);  // floating, it is a window of its own
    details_->setFeatures(QDockWidget::DockWidgetMovable | QDockWidget::DockWidgetFloatable);
    frame_->setContextMenuPolicy(Qt::NoContextMenu);
    frame_->setCentralWidget(tree_);
    frame_->addDockWidget(Qt::RightDockWidgetArea, details_);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(frame_);
    resetLayout();
    frame_->restoreState(QSettings().value(kStateKey).toByteArray());
    connect(tree_, &TreePane::tensorSelected, this, &InspectView::showTensor);
    connect(tree_, &TreePane::moduleSelected, tensor_, &TensorPage::setModule);
    connect(overview_, &OverviewPage::tensorChosen, tree_, &TreePane::selectTensor);
}

InspectView::~InspectView() {
    QSettings().setValue(kStateKey, frame_->saveState());
}

void InspectView::resetLayout() {
    details_->setFloating(false);
    frame_->addDockWidget(Qt::RightDockWidgetArea, details_);
    frame_->resizeDocks({details_}, {kDetailsWidth}, Qt::Horizontal);
    tree_->showColumns();
}

void InspectView::selectTensor(TensorId tensor) {
    tree_->selectTensor(tensor);
}

void InspectView::toggleListing() {
    tree_->toggleListing();
}

void InspectView::setShow(TensorShow show) {
    tree_->setShow(show);
}

void InspectView::setCheckpoint(const OpenedCheckpoint& opened) {
    const bool again = checkpoint_ && opened.checkpoint && checkpoint_->path == opened.checkpoint->path;
    QWidget* seen = again ? tabs_->currentWidget() : overview_;
    checkpoint_ = opened.checkpoint;
    tensor_->setTensor(nullptr, {});
    again ? tree_->setRowsAgain(opened.rows) : tree_->setRows(opened.rows);
    overview_->setCheckpoint(opened.checkpoint, opened.overview);
    metadata_->setCheckpoint(opened.checkpoint);
    tabs_->setCurrentWidget(seen);
    // There is nothing else to see in an array.
    if (checkpoint_ && checkpoint_->format == Format::Npy) tree_->selectTensor(TensorId(0));
}

TensorPage* InspectView::turnToTensor() {
    tabs_->setCurrentWidget(tensor_);
    return tensor_;
}

void InspectView::focusFilter() {
    tree_->focusFilter();
}

void InspectView::showTensor(TensorId tensor) {
    tensor_->setTensor(checkpoint_, tensor);
    tabs_->setCurrentWidget(tensor_);
}

}  // namespace plimsoll::ui
