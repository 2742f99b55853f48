// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/inspect/values_grid.h"

#include <QAccessible>
#include <QContextMenuEvent>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QMenu>
#include <QPainter>
#include <QScrollBar>
#include <QToolTip>
#include <algorithm>

#include "models/tensor_cells.h"
#include "text/text.h"
#include "theme/theme.h"

namespace plimsoll::ui {
namespace {

constexpr int kPadding = 7;
constexpr int kDegreesPerRow = 40;  // of a wheel, in eighths: three rows a notch
// A scroll bar counts in int: of longer tables a step is several rows.
constexpr std::uint64_t kMostSteps = 1'000'000'000;

std::uint64_t stepOf(std::uint64_t last) {
    return last / kMostSteps + 1;
}

void fitBar(QScrollBar* bar, std::uint64_t total, std::uint64_t page, std::uint64_t first) {
    const QSignalBlocker quiet(bar);
    const std::uint64_t last = total > page ? total - page : 0;
    const std::uint64_t step = stepOf(last);
    bar->setRange(0, static_cast<int>(last / step));
    bar->setPageStep(static_cast<int>(std::clamp<std::uint64_t>(page / step, 1, kMostSteps)));
    bar->setValue(static_cast<int>(first / step));
}

std::uint64_t placeOfBar(const QScrollBar* bar, std::uint64_t total, std::uint64_t page) {
    const std::uint64_t last = total > page ? total - page : 0;
    if (bar->value() == bar->maximum()) return last;
    return static_cast<std::uint64_t>(bar->value()) * stepOf(last);
}

std::uint64_t moved(std::uint64_t from, std::int64_t by, std::uint64_t count) {
    if (count == 0) return 0;
    if (by < 0) return from - std::min(from, static_cast<std::uint64_t>(-by));
    return std::min(count - 1, from + std::min(static_cast<std::uint64_t>(by), count - 1));
}

}  // namespace

ValuesGrid::ValuesGrid(TensorCells* cells, QWidget* parent) : QAbstractScrollArea(parent), cells_(cells) {
    setFocusPolicy(Qt::StrongFocus);
    setFrameShape(QFrame::NoFrame);
    viewport()->setBackgroundRole(QPalette::Base);
    viewport()->setAutoFillBackground(true);
    viewport()->setCursor(Qt::ArrowCursor);
    const auto scroll = [this] {
        topRow_ = placeOfBar(verticalScrollBar(), cells_->view().rows, pageRows());
        leftColumn_ = placeOfBar(horizontalScrollBar(), cells_->view().columns, pageColumns());
        viewport()->update();
    };
    connect(verticalScrollBar(), &QScrollBar::valueChanged, this, scroll);
    connect(horizontalScrollBar(), &QScrollBar::valueChanged, this, scroll);
    connect(cells_, &TensorCells::reset, this, &ValuesGrid::restart);
    connect(cells_, &TensorCells::changed, this, [this] {
        measure();
        viewport()->update();
    });
    restart();
}

void ValuesGrid::restart() {
    topRow_ = leftColumn_ = row_ = column_ = anchorRow_ = anchorColumn_ = 0;
    measure();
    viewport()->update();
    emit currentChanged(0, 0);
}

void ValuesGrid::measure() {
    numbers_ = scaledFont(monospace(), 0.92);
    names_ = scaledFont(font(), 0.9);
    const QFontMetrics numbers(numbers_);
    const QFontMetrics names(names_);
    rowHeight_ = std::max(numbers.height(), names.height()) + 6;
    namesHeight_ = rowHeight_;
    const GridView& view = cells_->view();
    const auto digits = textColumns(cells_->form().dtype, cells_->format());
    const int widest = view.columns == 0 ? 0 : names.horizontalAdvance(cells_->columnName(view.columns - 1));
    const int text = numbers.horizontalAdvance(QLatin1Char('0')) * static_cast<int>(std::max<std::size_t>(digits, 4));
    columnWidth_ = std::max(text, widest) + 2 * kPadding;
    namesWidth_ = (view.rows == 0 ? 0 : names.horizontalAdvance(cells_->rowName(view.rows - 1))) + 2 * kPadding;
    updateBars();
}

std::uint64_t ValuesGrid::pageRows() const noexcept {
    return static_cast<std::uint64_t>(std::max(1, (viewport()->height() - namesHeight_) / rowHeight_));
}

std::uint64_t ValuesGrid::pageColumns() const noexcept {
    return static_cast<std::uint64_t>(std::max(1, (viewport()->width() - namesWidth_) / columnWidth_));
}

void ValuesGrid::updateBars() {
    const GridView& view = cells_->view();
    fitBar(verticalScrollBar(), view.rows, pageRows(), topRow_);
    fitBar(horizontalScrollBar(), view.columns, pageColumns(), leftColumn_);
    // What was the last page of a smaller window may be beyond it now.
    topRow_ = std::min(topRow_, view.rows > pageRows() ? view.rows - pageRows() : 0);
    leftColumn_ = std::min(leftColumn_, view.columns > pageColumns() ? view.columns - pageColumns() : 0);
}

void ValuesGrid::scrollTo(std::uint64_t topRow, std::uint64_t leftColumn) {
    topRow_ = topRow;
    leftColumn_ = leftColumn;
    updateBars();
    viewport()->update();
}

void ValuesGrid::scrollContentsBy(int, int) {}

void ValuesGrid::goTo(std::uint64_t row, std::uint64_t column) {
    moveTo(row, column, false);
    scrollTo(row - std::min(row, pageRows() / 2), column - std::min(column, pageColumns() / 2));
}

void ValuesGrid::moveTo(std::uint64_t row, std::uint64_t column, bool select) {
    const GridView& view = cells_->view();
    if (!view.holds(row, column)) return;
    row_ = row;
    column_ = column;
    if (!select) {
        anchorRow_ = row;
        anchorColumn_ = column;
    }
    const auto shown = [](std::uint64_t first, std::uint64_t page, std::uint64_t at) {
        if (at < first) return at;
        return at >= first + page ? at - page + 1 : first;
    };
    scrollTo(shown(topRow_, pageRows(), row), shown(leftColumn_, pageColumns(), column));
    emit currentChanged(row, column);
    setAccessibleDescription(tr("%1 is %2").arg(cells_->indexText(row, column), cells_->cell(row, column).text));
    QAccessibleEvent told(this, QAccessible::DescriptionChanged);
    QAccessible::updateAccessibility(&told);
}

GridRect ValuesGrid::selection() const noexcept {
    if (cells_->view().rows == 0) return {};
    const auto [top, bottom] = std::minmax(row_, anchorRow_);
    const auto [left, right] = std::minmax(column_, anchorColumn_);
    return {top, left, bottom - top + 1, right - left + 1};
}

QRect ValuesGrid::placeOf(std::uint64_t row, std::uint64_t column) const {
    return {namesWidth_ + static_cast<int>(column - leftColumn_) * columnWidth_,
            namesHeight_ + static_cast<int>(row - topRow_) * rowHeight_, columnWidth_, rowHeight_};
}

bool ValuesGrid::hits(const QPoint& position, std::uint64_t& row, std::uint64_t& column) const {
    if (position.x() < namesWidth_ || position.y() < namesHeight_) return false;
    row = topRow_ + static_cast<std::uint64_t>((position.y() - namesHeight_) / rowHeight_);
    column = leftColumn_ + static_cast<std::uint64_t>((position.x() - namesWidth_) / columnWidth_);
    return cells_->view().holds(row, column);
}

void ValuesGrid::paintEvent(QPaintEvent*) {
    QPainter painter(viewport());
    if (cells_->view().rows == 0) {
        painter.setPen(mutedText(palette()));
        painter.drawText(viewport()->rect(), Qt::AlignCenter, tr("This tensor has no elements."));
        return;
    }
    paintCells(painter);
    paintNames(painter);
}

void ValuesGrid::paintCells(QPainter& painter) {
    const GridView& view = cells_->view();
    const GridRect selected = selection();
    painter.setFont(numbers_);
    const std::uint64_t lastRow = std::min(view.rows, topRow_ + pageRows() + 1);
    const std::uint64_t lastColumn = std::min(view.columns, leftColumn_ + pageColumns() + 1);
    for (std::uint64_t row = topRow_; row < lastRow; ++row) {
        const QRect line(0, placeOf(row, leftColumn_).top(), viewport()->width(), rowHeight_);
        if (row % 2 == 1) painter.fillRect(line, palette().color(QPalette::AlternateBase));
        for (std::uint64_t column = leftColumn_; column < lastColumn; ++column) {
            const bool inside = row - selected.row < selected.rows && column - selected.column < selected.columns;
            const bool current = row == row_ && column == column_;
            paintCell(painter, placeOf(row, column), cells_->cell(row, column), inside, current);
        }
    }
}

void ValuesGrid::paintCell(QPainter& painter, const QRect& place, const CellText& cell, bool selected, bool current) {
    using Kind = CellText::Kind;
    if (cell.kind == Kind::Nothing) return;
    QColor ink = palette().color(QPalette::Text);
    if (cell.kind == Kind::Zero || cell.kind == Kind::Unread) ink = mutedText(palette());
    if (cell.kind == Kind::Nan || cell.kind == Kind::Failed) ink = badColour(palette());
    if (cell.kind == Kind::Infinite) ink = warnColour(palette());
    if (cell.kind == Kind::Nan || cell.kind == Kind::Infinite) painter.fillRect(place, tint(ink, palette(), 0.22));
    if (selected) {
        QColor mark = accent(palette());
        mark.setAlphaF(0.28F);
        painter.fillRect(place, mark);
    }
    painter.setPen(ink);
    const QRect room = place.adjusted(kPadding, 0, -kPadding, 0);
    const QString text = cell.kind == Kind::Unread ? QStringLiteral("…") : cell.text;
    const QString shown = painter.fontMetrics().horizontalAdvance(text) <= room.width()
                              ? text
                              : painter.fontMetrics().elidedText(text, Qt::ElideRight, room.width());
    painter.drawText(room, Qt::AlignRight | Qt::AlignVCenter, shown);
    if (current && hasFocus()) {
        painter.setPen(QPen(accent(palette()), 2));
        painter.drawRect(place.adjusted(1, 1, -1, -1));
    }
}

void ValuesGrid::paintNames(QPainter& painter) {
    const GridView& view = cells_->view();
    const QColor ground = palette().color(QPalette::Window);
    painter.fillRect(0, 0, viewport()->width(), namesHeight_, ground);
    painter.fillRect(0, 0, namesWidth_, viewport()->height(), ground);
    painter.setFont(names_);
    const auto draw = [&](const QRect& place, const QString& name, bool current) {
        painter.setPen(current ? palette().color(QPalette::Text) : mutedText(palette()));
        painter.drawText(place.adjusted(kPadding, 0, -kPadding, 0), Qt::AlignRight | Qt::AlignVCenter, name);
    };
    painter.setClipRect(namesWidth_, 0, viewport()->width(), namesHeight_);
    for (std::uint64_t c = leftColumn_; c < std::min(view.columns, leftColumn_ + pageColumns() + 1); ++c)
        draw(QRect(placeOf(topRow_, c).left(), 0, columnWidth_, namesHeight_), cells_->columnName(c), c == column_);
    painter.setClipRect(0, namesHeight_, namesWidth_, viewport()->height());
    for (std::uint64_t r = topRow_; r < std::min(view.rows, topRow_ + pageRows() + 1); ++r)
        draw(QRect(0, placeOf(r, leftColumn_).top(), namesWidth_, rowHeight_), cells_->rowName(r), r == row_);
    painter.setClipping(false);
    painter.setPen(hairline(palette()));
    painter.drawLine(0, namesHeight_ - 1, viewport()->width(), namesHeight_ - 1);
    painter.drawLine(namesWidth_ - 1, 0, namesWidth_ - 1, viewport()->height());
}

void ValuesGrid::resizeEvent(QResizeEvent* event) {
    updateBars();
    QAbstractScrollArea::resizeEvent(event);
}

void ValuesGrid::keyPressEvent(QKeyEvent* event) {
    if (event->matches(QKeySequence::Copy)) {
        emit copyRequested();
        return;
    }
    const GridView& view = cells_->view();
    const bool select = event->modifiers().testFlag(Qt::ShiftModifier);
    const bool far = event->modifiers().testFlag(Qt::ControlModifier);
    const auto page = static_cast<std::int64_t>(pageRows());
    // The last row of a wrapped vector is short.
    const auto lastIn = [&](std::uint64_t row) {
        std::uint64_t column = view.columns - 1;
        while (column > 0 && !view.holds(row, column)) --column;
        return column;
    };
    if (view.rows == 0) return QAbstractScrollArea::keyPressEvent(event);
    switch (event->key()) {
        case Qt::Key_Up:
            return moveTo(moved(row_, -1, view.rows), column_, select);
        case Qt::Key_Down:
            return moveTo(moved(row_, 1, view.rows), column_, select);
        case Qt::Key_Left:
            return moveTo(row_, moved(column_, -1, view.columns), select);
        case Qt::Key_Right:
            return moveTo(row_, moved(column_, 1, view.columns), select);
        case Qt::Key_PageUp:
            return moveTo(moved(row_, -page, view.rows), column_, select);
        case Qt::Key_PageDown: {
            const std::uint64_t row = moved(row_, page, view.rows);
            return moveTo(row, std::min(column_, lastIn(row)), select);
        }
        case Qt::Key_Home:
            return moveTo(far ? 0 : row_, 0, select);
        case Qt::Key_End: {
            const std::uint64_t row = far ? view.rows - 1 : row_;
            return moveTo(row, lastIn(row), select);
        }
        default:
            QAbstractScrollArea::keyPressEvent(event);
    }
}

void ValuesGrid::mousePressEvent(QMouseEvent* event) {
    std::uint64_t row = 0;
    std::uint64_t column = 0;
    if (event->button() != Qt::LeftButton || !hits(event->position().toPoint(), row, column)) return;
    moveTo(row, column, event->modifiers().testFlag(Qt::ShiftModifier));
}

void ValuesGrid::mouseMoveEvent(QMouseEvent* event) {
    std::uint64_t row = 0;
    std::uint64_t column = 0;
    if (event->buttons().testFlag(Qt::LeftButton) && hits(event->position().toPoint(), row, column))
        moveTo(row, column, true);
}

// Rows, not steps of the bar: in a table of billions of rows a step of the bar is many.
void ValuesGrid::wheelEvent(QWheelEvent* event) {
    const QPoint angle = event->angleDelta();
    const bool sideways = angle.y() == 0 || event->modifiers().testFlag(Qt::ShiftModifier);
    wheel_ += sideways ? (angle.x() != 0 ? angle.x() : angle.y()) : angle.y();
    const int steps = wheel_ / kDegreesPerRow;
    wheel_ -= steps * kDegreesPerRow;
    const GridView& view = cells_->view();
    if (sideways) {
        scrollTo(topRow_, moved(leftColumn_, -steps, view.columns));
    } else {
        scrollTo(moved(topRow_, -steps, view.rows), leftColumn_);
    }
    event->accept();
}

void ValuesGrid::contextMenuEvent(QContextMenuEvent* event) {
    QMenu menu;
    menu.addAction(tr("&Copy\tCtrl+C"), this, &ValuesGrid::copyRequested)->setEnabled(cells_->view().rows > 0);
    menu.addAction(tr("&Save as .npy…"), this, &ValuesGrid::saveRequested)->setEnabled(cells_->view().rows > 0);
    menu.exec(event->globalPos());
}

void ValuesGrid::changeEvent(QEvent* event) {
    if (event->type() == QEvent::FontChange || event->type() == QEvent::StyleChange) measure();
    QAbstractScrollArea::changeEvent(event);
}

bool ValuesGrid::viewportEvent(QEvent* event) {
    if (event->type() == QEvent::ToolTip) {
        const auto* help = static_cast<QHelpEvent*>(event);
        std::uint64_t row = 0;
        std::uint64_t column = 0;
        QString text;
        if (hits(help->pos(), row, column))
            text = QStringLiteral("%1\n%2").arg(cells_->indexText(row, column), cells_->cell(row, column).text);
        QToolTip::showText(help->globalPos(), text, viewport());
        return true;
    }
    return QAbstractScrollArea::viewportEvent(event);
}

}  // namespace plimsoll::ui
