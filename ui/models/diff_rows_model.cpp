// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/diff_rows_model.h"

#include <QCoreApplication>

#include "jobs/dispose.h"
#include "text/names.h"
#include "text/text.h"

namespace plimsoll::ui {
namespace {

QString kindText(const Checkpoint& checkpoint, TensorId id) {
    const TensorTable& table = checkpoint.tensors;
    return QStringLiteral("%1 %2").arg(dtypeText(table, id), shapeText(table.shape(id)));
}

QString distanceText(double value) {
    return value == 0 ? QStringLiteral("0") : QString::number(value, 'g', 3);
}

}  // namespace

QString diffStateText(const DiffReport& report, std::size_t entry) {
    const auto words = [](const char* text) {
        return QCoreApplication::translate("plimsoll::ui::DiffRowsModel", text);
    };
    const DiffEntries entries(report);
    switch (entries.state(entry)) {
        case DiffState::OnlyA:
            return words(QT_TRANSLATE_NOOP("plimsoll::ui::DiffRowsModel", "only in A"));
        case DiffState::OnlyB:
            return words(QT_TRANSLATE_NOOP("plimsoll::ui::DiffRowsModel", "only in B"));
        case DiffState::Same:
            return words(report.values.empty() ? QT_TRANSLATE_NOOP("plimsoll::ui::DiffRowsModel", "same type")
                                               : QT_TRANSLATE_NOOP("plimsoll::ui::DiffRowsModel", "same"));
        case DiffState::Changed:
            break;
    }
    const TensorPair& pair = *entries.pair(entry);
    if (pair.shapeDiffers) return words(QT_TRANSLATE_NOOP("plimsoll::ui::DiffRowsModel", "other shape"));
    if (pair.dtypeDiffers && pair.valuesDiffer)
        return words(QT_TRANSLATE_NOOP("plimsoll::ui::DiffRowsModel", "other type, values"));
    return words(pair.dtypeDiffers ? QT_TRANSLATE_NOOP("plimsoll::ui::DiffRowsModel", "other type")
                                   : QT_TRANSLATE_NOOP("plimsoll::ui::DiffRowsModel", "other values"));
}

void DiffRowsModel::setRows(DiffRows rows) {
    beginResetModel();
    auto before = std::make_shared<DiffRows>(std::exchange(shown_, std::move(rows)));
    endResetModel();
    dispose(std::move(before));
}

void DiffRowsModel::setColours(const Colours& colours) {
    colours_ = colours;
}

std::optional<std::size_t> DiffRowsModel::entry(int row) const {
    if (row < 0 || row >= rowCount()) return std::nullopt;
    return shown_.entries[static_cast<std::size_t>(row)];
}

int DiffRowsModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(shown_.entries.size());
}

int DiffRowsModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant DiffRowsModel::data(const QModelIndex& index, int role) const {
    const auto at = index.isValid() ? entry(index.row()) : std::nullopt;
    if (!at) return {};
    switch (role) {
        case Qt::DisplayRole:
            return text(*at, index.column());
        case Qt::ToolTipRole: {
            const ValueDiff* values = DiffEntries(*shown_.report).values(*at);
            return values != nullptr && !values->why.empty() ? toText(values->why) : text(*at, Name);
        }
        case Qt::ForegroundRole:
            return colour(*at, index.column());
        case Qt::TextAlignmentRole:
            return int((index.column() >= Differing ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
        case ShareRole:
            return share(*at);
        default:
            return {};
    }
}

QVariant DiffRowsModel::text(std::size_t at, int column) const {
    const DiffReport& report = *shown_.report;
    const DiffEntries entries(report);
    switch (column) {
        case State:
            return diffStateText(report, at);
        case Name: {
            const auto name = entries.name(at);
            const bool isPair = entries.a(at).valid() && entries.b(at).valid();
            const auto other = isPair ? report.b->tensors.name(entries.b(at)) : name;
            return other == name ? nameText(name) : renameText(name, other);
        }
        case A:
            return entries.a(at).valid() ? kindText(*report.a, entries.a(at)) : QString();
        case B:
            return entries.b(at).valid() ? kindText(*report.b, entries.b(at)) : QString();
        default:
            break;
    }
    const ValueDiff* values = entries.values(at);
    return values == nullptr ? QVariant() : valueText(*values, column);
}

QVariant DiffRowsModel::valueText(const ValueDiff& values, int column) const {
    if (values.state != ValueDiff::State::Compared) {
        if (column != Differing) return {};
        if (values.state == ValueDiff::State::NotComparable) return QStringLiteral("–");
        return values.state == ValueDiff::State::EqualBytes ? tr("equal bytes") : tr("other bytes");
    }
    const Difference& difference = values.difference;
    switch (column) {
        case Differing:
            return difference.differing == 0 ? QStringLiteral("0 %")
                                             : percentText(difference.differing, difference.elements);
        case MaxAbs:
            return distanceText(difference.maxAbs);
        case MaxRel:
            return distanceText(difference.maxRel);
        case Rms:
            return distanceText(difference.rms);
        default:
            return {};
    }
}

QVariant DiffRowsModel::colour(std::size_t at, int column) const {
    const DiffState state = DiffEntries(*shown_.report).state(at);
    if (column == State) {
        switch (state) {
            case DiffState::Changed:
                return colours_.changed;
            case DiffState::OnlyA:
                return colours_.removed;
            case DiffState::OnlyB:
                return colours_.added;
            case DiffState::Same:
                return colours_.secondary;
        }
    }
    return column == A || column == B ? QVariant(colours_.secondary) : QVariant();
}

double DiffRowsModel::share(std::size_t at) const {
    const ValueDiff* values = DiffEntries(*shown_.report).values(at);
    if (values == nullptr || values->difference.elements == 0) return 0;
    return static_cast<double>(values->difference.differing) / static_cast<double>(values->difference.elements);
}

QVariant DiffRowsModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || section < 0 || section >= ColumnCount) return {};
    if (role == Qt::TextAlignmentRole)
        return int((section >= Differing ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    if (role == Qt::ToolTipRole && section == MaxRel) return tr("|a - b| / max(|a|, |b|), at its largest");
    if (role == Qt::ToolTipRole && section == Rms) return tr("Root of the mean of (a - b)²");
    if (role != Qt::DisplayRole) return {};
    static const char* const kNames[] = {QT_TR_NOOP("State"),    QT_TR_NOOP("Name"),   QT_TR_NOOP("A"),
                                         QT_TR_NOOP("B"),        QT_TR_NOOP("Differ"), QT_TR_NOOP("Largest"),
                                         QT_TR_NOOP("Relative"), QT_TR_NOOP("RMS")};
    return tr(kNames[section]);
}

}  // namespace plimsoll::ui
