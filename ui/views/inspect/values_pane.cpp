// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/inspect/values_pane.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QSpinBox>
#include <QTableView>
#include <QVBoxLayout>
#include <algorithm>
#include <limits>

#include "text/errors.h"
#include "text/text.h"
#include "theme/theme.h"
#include "widgets/banner.h"
#include "widgets/label.h"

namespace plimsoll::ui {

ValuesPane::ValuesPane(QWidget* parent)
    : QWidget(parent),
      model_(new TensorValuesModel(this)),
      view_(new QTableView),
      title_(new Label(Label::Style::Heading, tr("Values"))),
      sliceRow_(new QHBoxLayout),
      sliceBoxes_(nullptr),
      problem_(new Banner) {
    view_->setObjectName(QStringLiteral("valuesGrid"));
    view_->setAccessibleName(tr("Values of the tensor"));
    view_->setModel(model_);
    view_->setFont(scaledFont(monospace(), 0.92));
    view_->horizontalHeader()->setFont(scaledFont(font(), 0.9));
    view_->verticalHeader()->setFont(scaledFont(font(), 0.9));
    view_->setWordWrap(false);
    view_->setShowGrid(false);
    view_->setAlternatingRowColors(true);
    view_->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
    view_->horizontalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    view_->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    view_->verticalHeader()->setDefaultSectionSize(QFontMetrics(view_->font()).height() + 6);
    view_->horizontalHeader()->setDefaultSectionSize(
        QFontMetrics(view_->font()).horizontalAdvance(QStringLiteral("-0.0012345678")) + 14);
    problem_->setObjectName(QStringLiteral("valuesProblem"));
    sliceRow_->setSpacing(6);
    sliceRow_->addWidget(title_);
    sliceRow_->addStretch(1);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(6);
    column->addLayout(sliceRow_);
    column->addWidget(problem_);
    column->addWidget(view_, 1);
    connect(model_, &TensorValuesModel::tilesNeeded, this, &ValuesPane::read);
}

void ValuesPane::setTensor(std::shared_ptr<const Checkpoint> checkpoint, TensorId tensor) {
    job_.abandon();
    queue_.clear();
    checkpoint_ = std::move(checkpoint);
    tensor_ = tensor;
    problem_->clear();
    const bool absent = checkpoint_ && checkpoint_->tensors.storage(tensor).encoding == StorageEncoding::Absent;
    model_->setTensor(absent ? nullptr : checkpoint_, tensor);
    view_->setVisible(!absent);
    if (absent) problem_->show(Banner::Kind::Warning, tr("There are no bytes for this tensor in these files."));
    makeSliceBoxes();
    fit();
}

void ValuesPane::makeSliceBoxes() {
    delete sliceBoxes_;
    sliceBoxes_ = new QWidget;
    boxes_.clear();
    auto* row = new QHBoxLayout(sliceBoxes_);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(4);
    if (checkpoint_ && !model_->leading().empty()) {
        const auto shape = checkpoint_->tensors.shape(tensor_);
        row->addWidget(new Label(Label::Style::Muted, tr("slice")));
        for (std::size_t i = 0; i < model_->leading().size(); ++i) {
            auto* box = new QSpinBox;
            box->setAccessibleName(tr("Index in dimension %1").arg(i));
            constexpr std::uint64_t most = std::numeric_limits<int>::max();
            box->setRange(0, static_cast<int>(std::min(most, std::max<std::uint64_t>(shape[i], 1) - 1)));
            box->setWrapping(true);
            connect(box, &QSpinBox::valueChanged, this, &ValuesPane::changeSlice);
            boxes_.push_back(box);
            row->addWidget(box);
        }
        row->addWidget(new Label(Label::Style::Muted, tr(", :, :")));
    }
    sliceRow_->addWidget(sliceBoxes_);
    title_->setText(model_->isCut() ? tr("Values (the first part)") : tr("Values"));
}

void ValuesPane::changeSlice() {
    job_.abandon();
    queue_.clear();
    problem_->clear();
    std::vector<std::uint64_t> indices;
    for (const QSpinBox* box : boxes_) indices.push_back(static_cast<std::uint64_t>(box->value()));
    model_->setLeading(indices);
}

void ValuesPane::fit() {
    const QFontMetrics metrics(view_->verticalHeader()->font());
    const int digits =
        metrics.horizontalAdvance(model_->headerData(std::max(model_->rowCount() - 1, 0), Qt::Vertical).toString());
    view_->verticalHeader()->setFixedWidth(digits + 16);
    view_->scrollToTop();
}

void ValuesPane::read(const std::vector<ValueTile>& tiles) {
    queue_.insert(queue_.end(), tiles.begin(), tiles.end());
    readNext();
}

// One job at a time, and what was asked for last (where the user is now) goes first.
void ValuesPane::readNext() {
    constexpr std::size_t kBatch = 8;
    if (job_.get() != nullptr || queue_.empty() || !checkpoint_) return;
    const std::size_t first = queue_.size() > kBatch ? queue_.size() - kBatch : 0;
    std::vector<ValueTile> batch(queue_.begin() + static_cast<std::ptrdiff_t>(first), queue_.end());
    queue_.resize(first);
    auto* job = job_.replace(new ValuesJob(this));
    connect(job, &ValuesJob::tileRead, model_, &TensorValuesModel::setTile);
    connect(job, &ValuesJob::failed, this, [this](const Error& error, const std::vector<quint64>& keys) {
        for (const quint64 key : keys) model_->setTileFailed(key);
        problem_->show(Banner::Kind::Error, errorLine(error, toText(checkpoint_->path)));
    });
    connect(job, &Job::ended, this, [this] {
        readNext();
        if (queue_.empty()) emit tilesShown();
    });
    job->read(checkpoint_, tensor_, model_->elementBytes(), std::move(batch));
}

}  // namespace plimsoll::ui
