// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QTableView>

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

protected:
    void keyPressEvent(QKeyEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    FindingsModel* model_;
};

}  // namespace plimsoll::ui
