// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/inspect/treemap_pane.h"

#include <QHBoxLayout>
#include <QVBoxLayout>

#include "jobs/dispose.h"
#include "plots/picture_actions.h"
#include "plots/treemap_plot.h"
#include "text/names.h"
#include "text/text.h"
#include "views/inspect/colour_box.h"
#include "views/inspect/map_foot.h"
#include "widgets/breadcrumb.h"

namespace plimsoll::ui {

TreemapPane::TreemapPane(QWidget* parent)
    : QWidget(parent), path_(new Breadcrumb), colours_(new ColourBox), plot_(new TreemapPlot), foot_(new MapFoot) {
    setObjectName(QStringLiteral("treemapPane"));
    colours_->setObjectName(QStringLiteral("treemapColours"));
    auto* line = new QHBoxLayout;
    line->setContentsMargins(10, 0, 10, 0);
    line->addWidget(path_, 1);
    line->addWidget(colours_);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(6);
    column->addLayout(line);
    column->addWidget(plot_, 1);
    column->addWidget(foot_);
    foot_->setHint(tr("Click a tensor to see it; double-click to go into its module, Backspace to come back."));
    connect(plot_, &TreemapPlot::pointedAt, foot_, &MapFoot::say);
    connect(plot_, &TreemapPlot::topChanged, this, &TreemapPane::showPath);
    connect(plot_, &TreemapPlot::chosen, this, &TreemapPane::nodeChosen);
    connect(plot_, &TreemapPlot::activated, this, &TreemapPane::nodeActivated);
    connect(plot_, &TreemapPlot::drawn, this, [this] { foot_->setColours(*plot_->picture()->colours); });
    connect(colours_, &ColourBox::chosen, plot_, &TreemapPlot::setColourBy);
    plot_->setColourBy(colours_->colourBy());
    new PictureActions(plot_, [this] {
        PlotPicture picture = foot_->below(plot_->toPicture());
        if (tree_) picture.name.prepend(fileName(toText(tree_->checkpoint().path)) + QLatin1Char('-'));
        return picture;
    });
    connect(path_, &Breadcrumb::chosen, this, [this](int step) {
        if (!tree_) return;
        std::vector<NodeId> way;
        for (NodeId node = plot_->top(); node != NameTree::root(); node = tree_->nodes().parent(node))
            way.push_back(node);
        plot_->setTop(step == 0 ? NameTree::root() : way[way.size() - static_cast<std::size_t>(step)]);
        plot_->setFocus();
    });
}

void TreemapPane::setTree(std::shared_ptr<const TensorTree> tree) {
    dispose(std::exchange(tree_, tree));
    plot_->setTree(std::move(tree));
}

void TreemapPane::setCurrent(NodeId node) {
    plot_->setCurrent(node);
}

void TreemapPane::showPath() {
    QStringList steps;
    if (tree_)
        for (NodeId node = plot_->top(); node != NameTree::root(); node = tree_->nodes().parent(node))
            steps.prepend(nameText(tree_->nodes().label(node)));
    steps.prepend(tr("All"));
    path_->setPath(steps);
}

}  // namespace plimsoll::ui
