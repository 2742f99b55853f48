// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractTableModel>
#include <QColor>

#include "models/diff_rows.h"

namespace plimsoll::ui {

// Adapter of DiffRows for a table. data() is O(1); GUI thread only.
class DiffRowsModel final : public QAbstractTableModel {
    Q_OBJECT
public:
    // In the order of DiffSort.
    enum Column { State, Name, A, B, Differing, MaxAbs, MaxRel, Rms, ColumnCount };
    enum Role { ShareRole = Qt::UserRole };

    struct Colours {
        QColor secondary;
        QColor changed;
        QColor removed;
        QColor added;
    };

    explicit DiffRowsModel(QObject* parent = nullptr) : QAbstractTableModel(parent) {}
    void setRows(DiffRows rows);
    void setColours(const Colours& colours);
    [[nodiscard]] const DiffRows& rows() const noexcept { return shown_; }
    [[nodiscard]] std::optional<std::size_t> entry(int row) const;

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

private:
    [[nodiscard]] QVariant text(std::size_t entry, int column) const;
    [[nodiscard]] QVariant valueText(const ValueDiff& values, int column) const;
    [[nodiscard]] QVariant colour(std::size_t entry, int column) const;
    [[nodiscard]] double share(std::size_t entry) const;

    DiffRows shown_;
    Colours colours_;
};

// "changed", "only in A", ...; of a changed pair what it is that changed.
[[nodiscard]] QString diffStateText(const DiffReport& report, std::size_t entry);

}  // namespace plimsoll::ui
