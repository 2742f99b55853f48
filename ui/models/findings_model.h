// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractTableModel>
#include <QList>
#include <QPalette>
#include <string>

#include "findings/check_report.h"
#include "findings/scan_report.h"

namespace plimsoll::ui {

enum class FindingLevel : std::uint8_t { Good, Note, Skipped, Warning, Bad };

// One line of a report, in words.
struct FindingRow {
    FindingLevel level = FindingLevel::Note;
    QString word;  // "dangerous", "skipped", "warning"
    QString what;
    QString why;
    QString where;
    std::string tensor = {};  // that it is about; empty: none
};

// Worst first; what was skipped comes before all that is in order. Safe names are rows too.
[[nodiscard]] QList<FindingRow> rowsOf(const ScanReport& report);
// Worst first; what could not be checked is a row.
[[nodiscard]] QList<FindingRow> rowsOf(const CheckReport& report);

// Rows of a report for a table. GUI thread only.
class FindingsModel final : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { Word, What, Why, Where, ColumnCount };

    explicit FindingsModel(QObject* parent = nullptr) : QAbstractTableModel(parent) {}
    void setRows(QList<FindingRow> rows);
    void setPalette(const QPalette& palette);
    [[nodiscard]] const QList<FindingRow>& rows() const noexcept { return rows_; }

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

private:
    [[nodiscard]] QColor colour(FindingLevel level) const;
    QList<FindingRow> rows_;
    QPalette palette_;
};

}  // namespace plimsoll::ui
