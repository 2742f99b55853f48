// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QTableView>
#include <string>

#include "models/findings_model.h"

namespace plimsoll::ui {

// The rows of a report. Ctrl+C copies the selected rows, tab-separated; with none selected, all.
class FindingsTable final : public QTableView {
    Q_OBJECT
public:
    explicit FindingsTable(QWidget* parent = nullptr);
    void setRows(QList<FindingRow> rows);
    [[nodiscard]] const QList<FindingRow>& rows() const noexcept { return model_->rows(); }
    void copy() const;
    [[nodiscard]] std::string currentTensor() const;  // empty: the current row is about none

signals:
    void currentRowChanged();
    void rowActivated();  // by a double click or Return

protected:
    void keyPressEvent(QKeyEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void fitColumns();

    FindingsModel* model_;
};

}  // namespace plimsoll::ui
