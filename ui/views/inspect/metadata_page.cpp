// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/inspect/metadata_page.h"

#include <QHeaderView>
#include <QStackedWidget>
#include <QTreeView>
#include <QVBoxLayout>
#include <algorithm>

#include "models/metadata_model.h"
#include "widgets/label.h"

namespace plimsoll::ui {
namespace {
constexpr int kFewRows = 12;
}

MetadataPage::MetadataPage(QWidget* parent)
    : QWidget(parent), model_(new MetadataModel(this)), stack_(new QStackedWidget), view_(new QTreeView) {
    view_->setObjectName(QStringLiteral("metadataTree"));
    view_->setAccessibleName(tr("Metadata"));
    view_->setModel(model_);
    view_->setUniformRowHeights(true);
    view_->setFrameShape(QFrame::NoFrame);
    view_->setAlternatingRowColors(true);
    view_->header()->resizeSection(MetadataModel::Type, 110);
    view_->header()->setStretchLastSection(false);
    view_->header()->setSectionResizeMode(MetadataModel::ValueText, QHeaderView::Stretch);
    auto* nothing = new Label(Label::Style::Muted, tr("This checkpoint holds nothing but tensors."));
    nothing->setAlignment(Qt::AlignCenter);
    nothing->setWordWrap(true);
    stack_->addWidget(view_);
    stack_->addWidget(nothing);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(stack_);
}

// In a narrow pane the values need the room.
void MetadataPage::resizeEvent(QResizeEvent* event) {
    view_->setColumnHidden(MetadataModel::Type, width() < 440);
    view_->header()->resizeSection(MetadataModel::Key, std::min(190, width() * 2 / 5));
    QWidget::resizeEvent(event);
}

void MetadataPage::setCheckpoint(std::shared_ptr<const Checkpoint> checkpoint) {
    model_->setCheckpoint(std::move(checkpoint));
    stack_->setCurrentIndex(model_->isEmpty() ? 1 : 0);
    if (model_->rowCount() <= kFewRows) view_->expandToDepth(0);
}

}  // namespace plimsoll::ui
