// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/inspect/tensor_page.h"

#include <QCheckBox>
#include <QHBoxLayout>
#include <QPushButton>
#include <QStackedWidget>
#include <QTabWidget>
#include <QVBoxLayout>

#include "plots/histogram_plot.h"
#include "plots/picture_actions.h"
#include "text/names.h"
#include "text/text.h"
#include "views/inspect/heatmap_pane.h"
#include "views/inspect/stats_pane.h"
#include "views/inspect/values_pane.h"
#include "widgets/fact_grid.h"
#include "widgets/label.h"

namespace plimsoll::ui {
namespace {

// A storage of a million views is not worth counting through: "shared" is what matters.
QString sharingText(const TensorTable& table, TensorId tensor) {
    std::uint64_t others = 0;
    for (std::uint32_t i = 0; i < table.size(); ++i) {
        if (i != tensor.index() && table.storageId(TensorId(i)) == table.storageId(tensor)) ++others;
    }
    if (others == 0) return {};
    return QObject::tr(", shared with %1").arg(tensorsText(others));
}

}  // namespace

TensorPage::TensorPage(QWidget* parent)
    : QWidget(parent),
      stack_(new QStackedWidget),
      module_(new Label(Label::Style::Heading)),
      hint_(new Label(Label::Style::Muted)),
      name_(new Label(Label::Style::Heading)),
      facts_(new FactGrid),
      stats_(new StatsPane),
      cells_(new TensorCells(this)),
      pages_(new QTabWidget),
      values_(new ValuesPane(cells_)),
      heatmap_(new HeatmapPane(cells_)),
      histogramStack_(new QStackedWidget),
      histogram_(new HistogramPlot),
      histogramHint_(new Label(Label::Style::Muted)),
      computeHistogram_(new QPushButton(tr("Compute"))) {
    setObjectName(QStringLiteral("tensorPage"));
    module_->setObjectName(QStringLiteral("moduleName"));
    hint_->setObjectName(QStringLiteral("tensorHint"));
    auto* empty = new QWidget;
    auto* words = new QVBoxLayout(empty);
    words->setContentsMargins(16, 14, 16, 12);
    words->addStretch(1);
    for (Label* label : {module_, hint_}) {
        label->setAlignment(Qt::AlignCenter);
        label->setWordWrap(true);
        words->addWidget(label);
    }
    words->addStretch(1);
    name_->setObjectName(QStringLiteral("tensorName"));
    name_->setWordWrap(true);
    facts_->setObjectName(QStringLiteral("tensorFacts"));
    pages_->setObjectName(QStringLiteral("tensorViews"));
    pages_->setDocumentMode(true);
    pages_->addTab(values_, tr("Values"));
    pages_->addTab(buildHistogramPage(), tr("Histogram"));
    pages_->addTab(heatmap_, tr("Heatmap"));
    connect(stats_, &StatsPane::surveyed, this, [this](const TensorSurvey& survey) { showHistogram(&survey); });
    connect(heatmap_, &HeatmapPane::elementChosen, this, [this](quint64 element) {
        pages_->setCurrentWidget(values_);
        values_->showElement(element);
    });
    auto* page = new QWidget;
    auto* column = new QVBoxLayout(page);
    column->setContentsMargins(16, 14, 16, 12);
    column->setSpacing(10);
    column->addWidget(name_);
    column->addWidget(facts_);
    column->addWidget(stats_);
    column->addWidget(pages_, 1);
    stack_->addWidget(empty);
    stack_->addWidget(page);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(stack_);
}

void TensorPage::setTensor(std::shared_ptr<const Checkpoint> checkpoint, TensorId tensor) {
    stack_->setCurrentIndex(checkpoint ? 1 : 0);
    module_->hide();
    hint_->setText(tr("Select a tensor to see its values."));
    if (checkpoint) {
        name_->setText(nameText(checkpoint->tensors.name(tensor)));
        fillFacts(*checkpoint, tensor);
    }
    showHistogram(nullptr);
    stats_->setTensor(checkpoint, tensor);
    if (checkpoint && !stats_->isPossible()) {
        computeHistogram_->hide();
        histogramHint_->setText(checkpoint->tensors.elements(tensor) == 0
                                    ? tr("This tensor has no elements.")
                                    : tr("There is no histogram of this tensor: it has no values that can be read as "
                                         "real numbers."));
    }
    values_->setTensor(std::move(checkpoint), tensor);
}

void TensorPage::setModule(const QString& name, const QString& sums) {
    setTensor(nullptr, {});
    module_->setText(name);
    module_->show();
    hint_->setText(tr("%1\n\nSelect a tensor of it to see its values.").arg(sums));
}

void TensorPage::showStatistics() {
    if (!cells_->checkpoint()) return;
    pages_->setCurrentWidget(histogramStack_);
    stats_->compute();
}

void TensorPage::showHeatmap() {
    if (cells_->checkpoint()) pages_->setCurrentWidget(heatmap_);
}

void TensorPage::askForPlace() {
    if (!cells_->checkpoint()) return;
    pages_->setCurrentWidget(values_);
    values_->askForPlace();
}

void TensorPage::askWhereToSave() {
    if (!cells_->checkpoint()) return;
    pages_->setCurrentWidget(values_);
    values_->askWhereToSave(false);
}

QWidget* TensorPage::buildHistogramPage() {
    histogram_->setObjectName(QStringLiteral("histogramPlot"));
    auto* logarithmic = new QCheckBox(tr("&logarithmic"));
    connect(logarithmic, &QCheckBox::toggled, histogram_, &HistogramPlot::setLogarithmic);
    auto* readout = new Label(Label::Style::Muted);
    readout->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);  // a long text widens no dock
    connect(histogram_, &HistogramPlot::pointedAt, readout, &QLabel::setText);
    new PictureActions(histogram_, [this] {
        PlotPicture picture = histogram_->toPicture();
        picture.name.prepend(name_->text() + QLatin1Char('-'));
        return picture;
    });
    computeHistogram_->setObjectName(QStringLiteral("computeHistogram"));
    connect(computeHistogram_, &QPushButton::clicked, stats_, &StatsPane::compute);
    connect(stats_, &StatsPane::reading, computeHistogram_, &QWidget::setHidden);
    auto* idle = new QWidget;
    auto* idleColumn = new QVBoxLayout(idle);
    histogramHint_->setAlignment(Qt::AlignCenter);
    histogramHint_->setWordWrap(true);
    idleColumn->addStretch(1);
    idleColumn->addWidget(histogramHint_);
    idleColumn->addWidget(computeHistogram_, 0, Qt::AlignHCenter);
    idleColumn->addStretch(2);
    auto* shown = new QWidget;
    auto* tools = new QHBoxLayout;
    tools->addWidget(logarithmic);
    tools->addWidget(readout, 1);
    auto* column = new QVBoxLayout(shown);
    column->setContentsMargins(0, 8, 0, 0);
    column->addLayout(tools);
    column->addWidget(histogram_, 1);
    histogramStack_->addWidget(idle);
    histogramStack_->addWidget(shown);
    return histogramStack_;
}

// Null: not computed yet.
void TensorPage::showHistogram(const TensorSurvey* survey) {
    const bool has = survey != nullptr && survey->histogram;
    histogramStack_->setCurrentIndex(has ? 1 : 0);
    histogramHint_->setText(survey == nullptr ? tr("Every value of the tensor is read for its histogram.")
                                              : tr("There is no histogram of numbers that are not real."));
    QList<HistogramPlot::Curve> curves;
    if (has) curves.append({{}, *survey->histogram, 0});
    histogram_->setCurves(std::move(curves));
}

void TensorPage::fillFacts(const Checkpoint& checkpoint, TensorId tensor) {
    const TensorTable& table = checkpoint.tensors;
    const Storage& storage = table.storage(tensor);
    facts_->clear();
    QString dtype = bothDtypesText(table, tensor);
    if (table.isParameter(tensor))
        dtype += table.requiresGrad(tensor) ? tr(", trainable parameter") : tr(", frozen parameter");
    facts_->addRow(tr("Shape"),
                   tr("%1, %2 elements").arg(shapeText(table.shape(tensor)), countText(table.elements(tensor))));
    facts_->addRow(tr("Dtype"), dtype);
    facts_->addRow(tr("Size"), exactBytesText(table.nbytes(tensor)));
    if (!table.shape(tensor).empty()) {
        facts_->addRow(tr("Stride"),
                       table.contiguous(tensor)
                           ? tr("%1, contiguous").arg(strideText(table.stride(tensor)))
                           : tr("%1, a view that is not contiguous").arg(strideText(table.stride(tensor))));
    }
    QString place = tr("key %1, %2").arg(toText(storage.key), bytesText(storage.bytes));
    if (storage.key.empty()) place = bytesText(storage.bytes);
    place += sharingText(table, tensor);
    if (table.storageOffsetElems(tensor) > 0) {
        place += tr(", from element %1").arg(countText(table.storageOffsetElems(tensor)));
    }
    facts_->addRow(tr("Storage"), place);
    if (const auto offset = table.fileOffset(tensor)) {
        QString where = tr("byte %1").arg(countText(*offset));
        if (checkpoint.files.size() > 1) {
            where += tr(" of %1").arg(toText(checkpoint.files[storage.file.index()].relativePath));
        }
        facts_->addRow(tr("Place"), where);
    } else if (storage.encoding == StorageEncoding::Chunked) {
        facts_->addRow(
            tr("Place"),
            tr("in %1 chunks, put together when read").arg(table.chunked(table.storageId(tensor)).chunks.size()));
    } else {
        facts_->addRow(tr("Place"), storage.encoding == StorageEncoding::Absent
                                        ? tr("not here: a shard is missing or broken, or the tensor has no data")
                                        : tr("in a compressed member"));
    }
}

}  // namespace plimsoll::ui
