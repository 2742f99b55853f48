// SPDX-License-Identifier: GPL-3.0-or-later
// The ways to show the tensors, and going from one to the other.
#include <QApplication>
#include <QLineEdit>
#include <QPushButton>
#include <QStackedWidget>
#include <QVBoxLayout>

#include "plots/file_map_plot.h"
#include "plots/treemap_plot.h"
#include "views/inspect/file_map_pane.h"
#include "views/inspect/tensor_table.h"
#include "views/inspect/tree_pane.h"
#include "views/inspect/treemap_pane.h"
#include "widgets/label.h"

namespace plimsoll::ui {

void TreePane::buildMaps() {
    for (QWidget* page :
         {static_cast<QWidget*>(table_), static_cast<QWidget*>(treemap_), static_cast<QWidget*>(fileMap_)})
        stack_->addWidget(page);
    const auto inTree = [this](NodeId node) {
        setShow(TensorShow::Tree);
        goTo(node);
        table_->setFocus();
    };
    connect(treemap_, &TreemapPane::nodeChosen, this, &TreePane::goTo);
    connect(treemap_, &TreemapPane::nodeActivated, this, inTree);
    connect(fileMap_, &FileMapPane::tensorChosen, this, &TreePane::choose);
    connect(fileMap_, &FileMapPane::tensorActivated, this, [this](TensorId tensor) {
        setShow(TensorShow::Tree);
        selectTensor(tensor);
        table_->setFocus();
    });
}

void TreePane::buildNothing() {
    nothing_->setObjectName(QStringLiteral("noTensors"));
    nothingText_->setObjectName(QStringLiteral("noTensorsText"));
    nothingText_->setAlignment(Qt::AlignCenter);
    nothingText_->setWordWrap(true);
    clearFilter_->setObjectName(QStringLiteral("clearFilter"));
    auto* column = new QVBoxLayout(nothing_);
    column->setSpacing(12);
    column->addStretch(1);
    column->addWidget(nothingText_);
    column->addWidget(clearFilter_, 0, Qt::AlignHCenter);
    column->addStretch(2);
    stack_->addWidget(nothing_);
    connect(clearFilter_, &QPushButton::clicked, this, [this] {
        filter_->clear();
        table_->setFocus();
    });
}

// A tensor that the filter hides has no row: it is shown, and the filter stays.
void TreePane::choose(TensorId tensor) {
    if (model_->tree()->shows(tensor)) {
        selectShown(tensor);
    } else {
        emit tensorSelected(tensor);
    }
}

void TreePane::changeShow() {
    const Listing listing = shown() == TensorShow::List ? Listing::Flat : Listing::Tree;
    if (names_ && query_.listing != listing) {
        rebuild();  // and comes to showMap()
    } else {
        showMap();
    }
}

void TreePane::focusList() {
    QWidget* page = stack_->currentWidget();
    if (page == treemap_) return treemap_->plot()->setFocus();
    if (page == fileMap_) return fileMap_->plot()->setFocus();
    if (page == nothing_) return clearFilter_->setFocus();
    page->setFocus();
}

// Maps that are not seen keep what they show until they are.
void TreePane::showMap() {
    const TensorShow now = shown();
    const bool tree = model_->tree() && model_->tree()->listing() == Listing::Tree;
    const bool none = model_->tree() == nullptr;
    if (none || (tree && now == TensorShow::Treemap)) treemap_->setTree(model_->tree());
    if (none || (tree && now == TensorShow::FileMap)) fileMap_->setTree(model_->tree());
    QWidget* page = table_;
    if (now == TensorShow::Treemap) page = treemap_;
    // The file is there even where no tensor of it is shown.
    const bool empty = !none && model_->tree()->matches() == 0;
    if (empty) page = nothing_;
    if (now == TensorShow::FileMap) page = fileMap_;
    const bool filtered = empty && model_->tree()->filtered();
    QString why = tr("No tensor matches the filter.");
    if (filter_->text().contains(QLatin1Char('*')))
        why += QLatin1Char('\n') + tr("A pattern with * is for the whole name: *attn* finds it anywhere.");
    nothingText_->setText(filtered ? why
                                   : tr("There are no tensors in this checkpoint. What it holds is under Metadata."));
    clearFilter_->setVisible(filtered);
    // The keyboard goes along.
    QWidget* before = stack_->currentWidget();
    const bool hasKeyboard = before->hasFocus() || before->isAncestorOf(QApplication::focusWidget());
    stack_->setCurrentWidget(page);
    if (hasKeyboard) focusList();
    selection_->setVisible(selection_->isVisible() && page == table_);
    if (!tree || current_ == NameTree::root()) return;
    if (now == TensorShow::Treemap) treemap_->setCurrent(current_);
    if (now == TensorShow::FileMap) fileMap_->setCurrent(model_->tree()->tensor(current_));
}

}  // namespace plimsoll::ui
