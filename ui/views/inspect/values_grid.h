// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractScrollArea>

#include "checkpoint/grid_view.h"

namespace plimsoll::ui {

class TensorCells;
struct CellText;

// Draws the cells that are scrolled to, of a table of any size: a table view keeps something for every row and column,
// this keeps where it is. Arrows, Page and Home/End keys walk, with Shift they select; Ctrl+C copies.
class ValuesGrid final : public QAbstractScrollArea {
    Q_OBJECT
public:
    explicit ValuesGrid(TensorCells* cells, QWidget* parent = nullptr);

    void goTo(std::uint64_t row, std::uint64_t column);
    [[nodiscard]] std::uint64_t currentRow() const noexcept { return row_; }
    [[nodiscard]] std::uint64_t currentColumn() const noexcept { return column_; }
    [[nodiscard]] std::uint64_t topRow() const noexcept { return topRow_; }
    [[nodiscard]] GridRect selection() const noexcept;

signals:
    void currentChanged(quint64 row, quint64 column);
    void copyRequested();
    void saveRequested();

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;
    void changeEvent(QEvent* event) override;
    bool viewportEvent(QEvent* event) override;
    void scrollContentsBy(int dx, int dy) override;

private:
    void restart();
    void measure();
    void updateBars();
    void scrollTo(std::uint64_t topRow, std::uint64_t leftColumn);
    void moveTo(std::uint64_t row, std::uint64_t column, bool select);
    void paintCells(QPainter& painter);
    void paintCell(QPainter& painter, const QRect& place, const CellText& cell, bool selected, bool current);
    void paintNames(QPainter& painter);
    [[nodiscard]] std::uint64_t pageRows() const noexcept;
    [[nodiscard]] std::uint64_t pageColumns() const noexcept;
    [[nodiscard]] QRect placeOf(std::uint64_t row, std::uint64_t column) const;
    [[nodiscard]] bool hits(const QPoint& position, std::uint64_t& row, std::uint64_t& column) const;

    TensorCells* cells_;
    QFont numbers_;
    QFont names_;
    int rowHeight_ = 20;
    int columnWidth_ = 100;
    int namesWidth_ = 40;   // of the rows' names, at the left
    int namesHeight_ = 20;  // of the columns', on top
    std::uint64_t topRow_ = 0;
    std::uint64_t leftColumn_ = 0;
    std::uint64_t row_ = 0;  // current
    std::uint64_t column_ = 0;
    std::uint64_t anchorRow_ = 0;  // where a selection began
    std::uint64_t anchorColumn_ = 0;
    int wheel_ = 0;  // angle that was not a whole row yet
};

}  // namespace plimsoll::ui
