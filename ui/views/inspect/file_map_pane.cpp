// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/inspect/file_map_pane.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QToolButton>
#include <QVBoxLayout>

#include "jobs/dispose.h"
#include "plots/file_map_plot.h"
#include "plots/picture_actions.h"
#include "text/text.h"
#include "views/inspect/colour_box.h"
#include "views/inspect/map_foot.h"
#include "widgets/elided_label.h"

namespace plimsoll::ui {
namespace {

constexpr double kZoomStep = 2;

QToolButton* toolButton(const QString& name, const QString& text, const QString& words) {
    auto* button = new QToolButton;
    button->setObjectName(name);
    button->setText(text);
    button->setToolTip(words);
    button->setAccessibleName(words);
    return button;
}

}  // namespace

FileMapPane::FileMapPane(QWidget* parent)
    : QWidget(parent),
      files_(new QComboBox),
      sums_(new ElidedLabel(1.0, QFont::Normal, true)),
      colours_(new ColourBox),
      plot_(new FileMapPlot),
      foot_(new MapFoot) {
    setObjectName(QStringLiteral("fileMapPane"));
    files_->setObjectName(QStringLiteral("fileMapFile"));
    files_->setAccessibleName(tr("File"));
    colours_->setObjectName(QStringLiteral("fileMapColours"));
    sums_->setObjectName(QStringLiteral("fileMapSums"));
    auto* in = toolButton(QStringLiteral("fileMapIn"), QStringLiteral("+"), tr("Zoom in (+, Ctrl and wheel)"));
    auto* out = toolButton(QStringLiteral("fileMapOut"), QStringLiteral("−"), tr("Zoom out (−, Ctrl and wheel)"));
    auto* all = toolButton(QStringLiteral("fileMapAll"), tr("Whole file"), tr("Zoom out to the whole file (0)"));
    auto* line = new QHBoxLayout;
    line->setContentsMargins(10, 0, 10, 0);
    line->addWidget(files_);
    line->addWidget(sums_, 1);
    for (QWidget* button : {out, in, all}) line->addWidget(button);
    line->addWidget(colours_);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(6);
    column->addLayout(line);
    column->addWidget(plot_, 1);
    column->addWidget(foot_);
    foot_->setHint(tr("The file from its first byte to its last. Click a part to see the tensor."));
    connect(in, &QToolButton::clicked, plot_, [this] { plot_->zoom(kZoomStep); });
    connect(out, &QToolButton::clicked, plot_, [this] { plot_->zoom(1 / kZoomStep); });
    connect(all, &QToolButton::clicked, plot_, &FileMapPlot::showAll);
    connect(plot_, &FileMapPlot::pointedAt, foot_, &MapFoot::say);
    connect(plot_, &FileMapPlot::drawn, this, &FileMapPane::showLayout);
    connect(plot_, &FileMapPlot::chosen, this, &FileMapPane::tensorChosen);
    connect(plot_, &FileMapPlot::activated, this, &FileMapPane::tensorActivated);
    connect(files_, &QComboBox::currentIndexChanged, this, &FileMapPane::showFile);
    connect(colours_, &ColourBox::chosen, plot_, &FileMapPlot::setColourBy);
    plot_->setColourBy(colours_->colourBy());
    new PictureActions(plot_, [this] {
        PlotPicture picture = foot_->below(plot_->toPicture());
        if (tree_) picture.name.prepend(fileName(files_->currentText()) + QLatin1Char('-'));
        return picture;
    });
}

void FileMapPane::setTree(std::shared_ptr<const TensorTree> tree) {
    const bool same = tree && tree_ && tree->names() == tree_->names();
    dispose(std::exchange(tree_, std::move(tree)));
    if (!same) fillFiles();
    showFile();
}

void FileMapPane::fillFiles() {
    const QSignalBlocker quiet(files_);
    files_->clear();
    sums_->setText({});
    if (!tree_) return;
    const Checkpoint& checkpoint = tree_->checkpoint();
    for (std::size_t i = 0; i < checkpoint.files.size(); ++i)
        if (checkpoint.files[i].mapping) files_->addItem(toText(checkpoint.files[i].relativePath), static_cast<int>(i));
    files_->setVisible(files_->count() > 1);
}

void FileMapPane::showFile() {
    const bool has = tree_ && files_->currentIndex() >= 0;
    plot_->setFile(has ? tree_ : nullptr,
                   has ? FileId(static_cast<std::uint32_t>(files_->currentData().toInt())) : FileId());
}

void FileMapPane::setCurrent(TensorId tensor) {
    if (tree_ && tensor.valid()) {
        const FileId file = tree_->checkpoint().tensors.storage(tensor).file;
        const int row = file.valid() ? files_->findData(static_cast<int>(file.index())) : -1;
        if (row >= 0) files_->setCurrentIndex(row);
    }
    plot_->setCurrent(tensor);
}

void FileMapPane::showLayout() {
    const FileLayout& layout = *plot_->picture()->layout;
    sums_->setText(tr("%1 in %2 parts").arg(bytesText(layout.bytes), countText(layout.parts.size())));
    sums_->setToolTip(exactBytesText(layout.bytes));
    foot_->setColours(*plot_->picture()->colours, layout.outsideBytes, layout.unusedBytes);
}

}  // namespace plimsoll::ui
