// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/inspect/tensor_page.h"

#include <QStackedWidget>
#include <QVBoxLayout>

#include "text/text.h"
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
      name_(new Label(Label::Style::Heading)),
      facts_(new FactGrid),
      stats_(new StatsPane),
      values_(new ValuesPane) {
    setObjectName(QStringLiteral("tensorPage"));
    auto* hint = new Label(Label::Style::Muted, tr("Select a tensor in the tree to see its values."));
    hint->setAlignment(Qt::AlignCenter);
    name_->setObjectName(QStringLiteral("tensorName"));
    name_->setWordWrap(true);
    facts_->setObjectName(QStringLiteral("tensorFacts"));
    auto* page = new QWidget;
    auto* column = new QVBoxLayout(page);
    column->setContentsMargins(16, 14, 16, 12);
    column->setSpacing(10);
    column->addWidget(name_);
    column->addWidget(facts_);
    column->addWidget(stats_);
    column->addWidget(values_, 1);
    stack_->addWidget(hint);
    stack_->addWidget(page);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(stack_);
}

void TensorPage::setTensor(std::shared_ptr<const Checkpoint> checkpoint, TensorId tensor) {
    stack_->setCurrentIndex(checkpoint ? 1 : 0);
    if (checkpoint) {
        name_->setText(toText(checkpoint->tensors.name(tensor)));
        fillFacts(*checkpoint, tensor);
    }
    stats_->setTensor(checkpoint, tensor);
    values_->setTensor(std::move(checkpoint), tensor);
}

void TensorPage::fillFacts(const Checkpoint& checkpoint, TensorId tensor) {
    const TensorTable& table = checkpoint.tensors;
    const Storage& storage = table.storage(tensor);
    facts_->clear();
    QString dtype = toText(torchName(table.dtype(tensor)));
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
