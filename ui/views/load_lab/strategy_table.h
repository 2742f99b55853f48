// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QTableWidget>

namespace plimsoll::ui {

// A table of figures, nothing in which is edited: the first column names a strategy and bears its colour.
class StrategyTable : public QTableWidget {
    Q_OBJECT
public:
    struct Head {
        QString title;
        QString toolTip{};
        bool isFigure = true;  // to the right, as numbers stand
    };
    enum class Tone { Good, Warning, Bad };

    explicit StrategyTable(const QList<Head>& heads, QWidget* parent = nullptr);
    int addRow(const QString& strategy);
    // In place of what is there.
    void setCell(int row, int column, const QString& text, const QString& toolTip = {});
    void setTone(int row, int column, Tone tone);  // of the cell's text
    // The selected row, else all rows with the titles, tab-separated.
    void copy() const;

protected:
    void changeEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    void updateIcon(int row);
    void updateTone(QTableWidgetItem* cell);

    QList<Head> heads_;
};

}  // namespace plimsoll::ui
