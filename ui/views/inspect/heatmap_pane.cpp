// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/inspect/heatmap_pane.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QPushButton>
#include <QStackedWidget>
#include <QVBoxLayout>
#include <cmath>
#include <utility>

#include "base/limits.h"
#include "plots/heatmap_plot.h"
#include "plots/picture_actions.h"
#include "tensor/widen.h"
#include "text/errors.h"
#include "text/names.h"
#include "text/text.h"
#include "widgets/banner.h"
#include "widgets/label.h"
#include "widgets/run_strip.h"

namespace plimsoll::ui {
namespace {

// Read and drawn within a few frames.
constexpr std::uint64_t kAtOnceBytes = 8 * limits::MiB;
constexpr std::uint32_t kMostSide = 1024;

}  // namespace

HeatmapPane::HeatmapPane(TensorCells* cells, QWidget* parent)
    : QWidget(parent),
      cells_(cells),
      what_(new QComboBox),
      strip_(new RunStrip),
      problem_(new Banner),
      stack_(new QStackedWidget),
      hint_(new Label(Label::Style::Muted)),
      start_(new QPushButton(tr("&Draw"))),
      plot_(new HeatmapPlot),
      readout_(new Label(Label::Style::Muted)) {
    plot_->setObjectName(QStringLiteral("heatmapPlot"));
    start_->setObjectName(QStringLiteral("heatmapStart"));
    what_->addItem(tr("largest magnitude"));
    what_->addItem(tr("mean"));
    what_->setAccessibleName(tr("What a pixel shows of its cells"));
    what_->setToolTip(tr("What a pixel shows of the cells that it stands for"));
    hint_->setAlignment(Qt::AlignCenter);
    hint_->setWordWrap(true);
    readout_->setObjectName(QStringLiteral("heatmapReadout"));
    readout_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);  // a long text widens no dock
    auto* idle = new QWidget;
    auto* idleColumn = new QVBoxLayout(idle);
    idleColumn->addStretch(1);
    idleColumn->addWidget(hint_);
    idleColumn->addWidget(start_, 0, Qt::AlignHCenter);
    idleColumn->addStretch(2);
    stack_->addWidget(idle);
    stack_->addWidget(plot_);
    auto* tools = new QHBoxLayout;
    tools->addWidget(what_);
    tools->addWidget(readout_, 1);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 8, 0, 0);
    column->setSpacing(8);
    column->addLayout(tools);
    column->addWidget(strip_);
    column->addWidget(problem_);
    column->addWidget(stack_, 1);
    new PictureActions(plot_, [this] {
        PlotPicture picture = plot_->toPicture();
        if (cells_->checkpoint() != nullptr)
            picture.name.prepend(nameText(cells_->checkpoint()->tensors.name(cells_->tensor())) + QLatin1Char('-'));
        return picture;
    });
    connect(cells_, &TensorCells::reset, this, &HeatmapPane::restart);
    connect(start_, &QPushButton::clicked, this, &HeatmapPane::draw);
    connect(what_, &QComboBox::currentIndexChanged, this, [this](int index) {
        plot_->setShown(index == 0 ? HeatmapPlot::Shown::Extreme : HeatmapPlot::Shown::Mean);
    });
    connect(plot_, &HeatmapPlot::pointedAt, this,
            [this](const QString& text) { readout_->setText(text.isEmpty() ? planeText() : text); });
    connect(plot_, &HeatmapPlot::cellChosen, this,
            [this](quint64 atRow, quint64 atColumn) { emit elementChosen(view().element(atRow, atColumn)); });
}

// A vector is folded into a square: eight columns would be a thread.
GridView HeatmapPane::view() const {
    if (!cells_->isWrapped()) return cells_->view();
    const std::uint64_t elements = cells_->view().end;
    return wrapped(elements, static_cast<std::uint64_t>(std::ceil(std::sqrt(static_cast<double>(elements)))));
}

// Which of a tensor's planes it is, where it has several.
QString HeatmapPane::planeText() const {
    const bool several = cells_->checkpoint() != nullptr && cells_->form().shape.size() > 2;
    return several ? tr("[%1], as chosen under Values").arg(cells_->sliceText()) : QString();
}

void HeatmapPane::restart() {
    job_.abandon();
    strip_->hide();
    problem_->clear();
    plot_->setImage(nullptr);
    readout_->setText(planeText());
    wanted_ = cells_->checkpoint() != nullptr;
    if (isVisible()) look();
}

void HeatmapPane::showEvent(QShowEvent* event) {
    look();
    QWidget::showEvent(event);
}

void HeatmapPane::look() {
    if (!std::exchange(wanted_, false)) return;
    const GridView plane = view();
    const std::uint64_t bytes = plane.rows * plane.columns * cells_->form().bytes;
    const Composition composition = compositionOf(cells_->form().dtype);
    const bool possible = composition.value != DType::Opaque && composition.parts == 1 && plane.rows > 0;
    stack_->setCurrentIndex(0);
    start_->setVisible(possible);
    if (possible)
        hint_->setText(tr("Every value of this plane is read for its picture: %1.").arg(bytesText(bytes)));
    else if (plane.rows == 0)
        hint_->setText(tr("This tensor has no elements."));
    else
        hint_->setText(tr("There is no picture of this tensor: its elements are not real numbers."));
    if (possible && bytes <= kAtOnceBytes) draw();
}

void HeatmapPane::draw() {
    auto* job = job_.replace(new HeatmapJob(this));
    connect(job, &HeatmapJob::drawn, this, &HeatmapPane::show);
    connect(job, &HeatmapJob::failed, this, [this](const Error& error) {
        stack_->setCurrentIndex(0);
        if (error.code != Errc::Cancelled)
            problem_->show(Banner::Kind::Error, errorLine(error, toText(cells_->checkpoint()->path)));
        emit shown();
    });
    strip_->follow(job, tr("Drawing"));
    job->draw({cells_->checkpoint(), cells_->tensor(), cells_->form(), view()}, kMostSide, kMostSide);
}

void HeatmapPane::show(const std::shared_ptr<const GridImage>& image) {
    plot_->setImage(image);
    stack_->setCurrentIndex(1);
    emit shown();
}

}  // namespace plimsoll::ui
