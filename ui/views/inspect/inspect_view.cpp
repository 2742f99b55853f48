// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/inspect/inspect_view.h"

#include <QSettings>
#include <QSplitter>
#include <QTabWidget>
#include <QVBoxLayout>

#include "views/inspect/metadata_page.h"
#include "views/inspect/overview_page.h"
#include "views/inspect/tensor_page.h"
#include "views/inspect/tree_pane.h"

namespace plimsoll::ui {
namespace {
const QString kSplitterKey = QStringLiteral("inspect/splitter");
}

InspectView::InspectView(QWidget* parent)
    : QWidget(parent),
      splitter_(new QSplitter),
      tree_(new TreePane),
      tabs_(new QTabWidget),
      overview_(new OverviewPage),
      tensor_(new TensorPage),
      metadata_(new MetadataPage) {
    setObjectName(QStringLiteral("inspectView"));
    tabs_->setObjectName(QStringLiteral("detailTabs"));
    tabs_->setDocumentMode(true);
    tabs_->addTab(overview_, tr("Overview"));
    tabs_->addTab(tensor_, tr("Tensor"));
    tabs_->addTab(metadata_, tr("Metadata"));
    splitter_->addWidget(tree_);
    splitter_->addWidget(tabs_);
    splitter_->setStretchFactor(0, 3);
    splitter_->setStretchFactor(1, 2);
    splitter_->setSizes({720, 520});
    splitter_->setChildrenCollapsible(false);
    splitter_->restoreState(QSettings().value(kSplitterKey).toByteArray());
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(splitter_);
    connect(splitter_, &QSplitter::splitterMoved, this,
            [this] { QSettings().setValue(kSplitterKey, splitter_->saveState()); });
    connect(tree_, &TreePane::tensorSelected, this, &InspectView::showTensor);
    connect(overview_, &OverviewPage::tensorChosen, tree_, &TreePane::selectTensor);
}

InspectView::~InspectView() = default;

void InspectView::setCheckpoint(const OpenedCheckpoint& opened) {
    checkpoint_ = opened.checkpoint;
    tree_->setRows(opened.rows);
    overview_->setCheckpoint(opened.checkpoint, opened.overview);
    tensor_->setTensor(nullptr, {});
    metadata_->setCheckpoint(opened.checkpoint);
    tabs_->setCurrentWidget(overview_);
}

void InspectView::focusFilter() {
    tree_->focusFilter();
}

void InspectView::showTensor(TensorId tensor) {
    tensor_->setTensor(checkpoint_, tensor);
    tabs_->setCurrentWidget(tensor_);
}

}  // namespace plimsoll::ui
