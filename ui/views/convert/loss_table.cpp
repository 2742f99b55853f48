// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/convert/loss_table.h"

#include <QCoreApplication>
#include <QHeaderView>
#include <QVBoxLayout>
#include <algorithm>
#include <numeric>
#include <utility>

#include "text/text.h"
#include "widgets/data_table.h"

namespace plimsoll::ui {
namespace {

double keyOf(const RecordLoss& record, int column) {
    switch (column) {
        case LossTable::MaxAbs:
            return record.loss.maxAbs;
        case LossTable::MaxRel:
            return record.loss.maxRel;
        case LossTable::Rms:
            return record.loss.rms();
        case LossTable::Overflow:
            return static_cast<double>(record.loss.overflow);
        case LossTable::Underflow:
            return static_cast<double>(record.loss.underflow);
        default:
            return static_cast<double>(record.loss.nan);
    }
}

LossOrder orderOf(const std::vector<RecordLoss>& losses, int column, bool descending) {
    LossOrder order(losses.size());
    std::iota(order.begin(), order.end(), 0U);
    const auto less = [&](std::uint32_t a, std::uint32_t b) {
        if (column == LossTable::Name) return losses[a].name < losses[b].name;
        if (column == LossTable::Types)
            return std::pair(losses[a].from, losses[a].to) < std::pair(losses[b].from, losses[b].to);
        return keyOf(losses[a], column) < keyOf(losses[b], column);
    };
    std::stable_sort(order.begin(), order.end(),
                     [&](std::uint32_t a, std::uint32_t b) { return descending ? less(b, a) : less(a, b); });
    return order;
}

QString shortNumber(double value) {
    return value == 0 ? QStringLiteral("0") : QString::number(value, 'g', 3);
}

}  // namespace

void LossOrderJob::sort(SharedLosses losses, int column, bool descending) {
    using Shared = std::shared_ptr<const LossOrder>;
    start<Shared>(
        [losses = std::move(losses), column, descending](ProgressSink&, const std::stop_token&) {
            return std::make_shared<const LossOrder>(orderOf(*losses, column, descending));
        },
        [this](const Result<Shared>& outcome) {
            if (outcome) emit sorted(*outcome);
        });
}

LossTable::LossTable(const QString& name, QWidget* parent)
    : QWidget(parent),
      table_(new DataTable({{tr("Cast")},
                            {tr("Types"), false, 10},
                            {tr("Max abs"), true, 7, tr("The largest difference of a value before and after")},
                            {tr("Max rel"), true, 7, tr("The largest difference, as a share of the value")},
                            {tr("RMS"), true, 7, tr("The differences' root mean square")},
                            {tr("Overflow"), true, 7, tr("How many finite values are beyond what the type holds")},
                            {tr("Underflow"), true, 8, tr("How many values that are not zero become zero")},
                            {tr("NaN"), true, 5, tr("How many values were not a number before")}})) {
    table_->setObjectName(name);
    table_->setAccessibleName(tr("What each cast costs"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(table_);
    QHeaderView* header = table_->horizontalHeader();
    header->setSectionsClickable(true);
    header->setSortIndicatorShown(true);
    header->setSortIndicator(MaxRel, Qt::DescendingOrder);
    connect(header, &QHeaderView::sortIndicatorChanged, this, &LossTable::sort);
}

void LossTable::setLosses(SharedLosses losses) {
    job_.abandon();
    losses_ = std::move(losses);
    table_->setRows(0, {});
    if (losses_) sort();
}

void LossTable::sort() {
    if (!losses_) return;
    const QHeaderView* header = table_->horizontalHeader();
    auto* job = job_.replace(new LossOrderJob(this));
    connect(job, &LossOrderJob::sorted, this, [this](const std::shared_ptr<const LossOrder>& order) {
        table_->setRows(static_cast<int>(order->size()), [losses = losses_, order](int row, int column) {
            return cell((*losses)[(*order)[static_cast<std::size_t>(row)]], column);
        });
        emit shown();
    });
    job->sort(losses_, header->sortIndicatorSection(), header->sortIndicatorOrder() == Qt::DescendingOrder);
}

QString LossTable::cell(const RecordLoss& record, int column) {
    switch (column) {
        case Name:
            return toText(record.name);
        case Types:
            return QStringLiteral("%1 → %2").arg(toText(shortName(record.from)), toText(shortName(record.to)));
        case MaxAbs:
        case MaxRel:
        case Rms:
            return shortNumber(keyOf(record, column));
        case Overflow:
            return countText(record.loss.overflow);
        case Underflow:
            return countText(record.loss.underflow);
        default:
            return countText(record.loss.nan);
    }
}

QString lossSummary(const std::vector<RecordLoss>& losses) {
    const auto tr = [](const char* text) { return QCoreApplication::translate("LossSummary", text); };
    if (losses.empty()) return tr("Nothing is cast: every value stays as it is.");
    CastLoss sum;
    for (const RecordLoss& record : losses) sum.merge(record.loss);
    const auto worst = std::max_element(losses.begin(), losses.end(), [](const RecordLoss& a, const RecordLoss& b) {
        return a.loss.maxRel < b.loss.maxRel;
    });
    QStringList parts{tr("%1 cast").arg(tensorsText(losses.size()))};
    if (sum.maxRel > 0)
        parts << tr("largest relative error %1 in %2").arg(shortNumber(sum.maxRel), toText(worst->name));
    if (sum.maxRel == 0 && sum.overflow == 0 && sum.underflow == 0) parts << tr("every value is exact");
    if (sum.overflow > 0)
        parts << (sum.overflow == 1 ? tr("1 value overflows") : tr("%1 values overflow").arg(countText(sum.overflow)));
    if (sum.underflow > 0)
        parts << (sum.underflow == 1 ? tr("1 becomes zero") : tr("%1 become zero").arg(countText(sum.underflow)));
    if (sum.nan > 0) parts << tr("%1 NaN").arg(countText(sum.nan));
    return parts.join(QStringLiteral("  ·  "));
}

}  // namespace plimsoll::ui
