// SPDX-License-Identifier: GPL-3.0-or-later
// The file map's keys, mouse and painting.
#include <QHelpEvent>
#include <QKeyEvent>
#include <QPainter>
#include <QToolTip>
#include <algorithm>
#include <cmath>

#include "plots/file_map_plot.h"
#include "plots/map_look.h"

namespace plimsoll::ui {
namespace {
constexpr double kZoomStep = 2;
constexpr int kWheelRows = 3;
constexpr int kWheelNotch = 120;  // what QWheelEvent gives for a notch
}  // namespace

void FileMapPlot::keyPressEvent(QKeyEvent* event) {
    const bool empty = !layout_ || layout_->parts.empty();
    if (empty) return QAbstractScrollArea::keyPressEvent(event);
    const std::size_t last = layout_->parts.size() - 1;
    const auto page = static_cast<int>(geometry().visibleRows());
    std::optional<std::size_t> next;
    switch (event->key()) {
        case Qt::Key_Left:
            next = current_ && *current_ > 0 ? *current_ - 1 : 0;
            break;
        case Qt::Key_Right:
            next = current_ ? std::min(*current_ + 1, last) : 0;
            break;
        case Qt::Key_Home:
            next = 0;
            break;
        case Qt::Key_End:
            next = last;
            break;
        case Qt::Key_Up:
            return walkRow(-1);
        case Qt::Key_Down:
            return walkRow(1);
        case Qt::Key_PageUp:
            return walkRow(-page);
        case Qt::Key_PageDown:
            return walkRow(page);
        case Qt::Key_Plus:
        case Qt::Key_Equal:
            return zoom(kZoomStep);
        case Qt::Key_Minus:
            return zoom(1 / kZoomStep);
        case Qt::Key_0:
            return showAll();
        case Qt::Key_Return:
        case Qt::Key_Enter:
            if (tensorOf(current_).valid()) emit activated(tensorOf(current_));
            return;
        default:
            return QAbstractScrollArea::keyPressEvent(event);
    }
    reveal(*next);
    choose(next);
}

void FileMapPlot::mousePressEvent(QMouseEvent* event) {
    if (event->button() == Qt::LeftButton) choose(partAt(event->position()));
}

void FileMapPlot::mouseDoubleClickEvent(QMouseEvent* event) {
    const TensorId tensor = tensorOf(partAt(event->position()));
    if (event->button() == Qt::LeftButton && tensor.valid()) emit activated(tensor);
}

void FileMapPlot::mouseMoveEvent(QMouseEvent* event) {
    const auto part = partAt(event->position());
    if (part == hovered_) return;
    hovered_ = part;
    emit pointedAt(words(hovered_ ? hovered_ : current_));
    viewport()->update();
}

void FileMapPlot::wheelEvent(QWheelEvent* event) {
    const double notches = event->angleDelta().y() / static_cast<double>(kWheelNotch);
    if ((event->modifiers() & Qt::ControlModifier) != 0) {
        const auto offset = geometry().offsetAt(event->position());
        if (offset) zoomAt(std::pow(kZoomStep, notches), *offset, event->position().y());
        event->accept();
        return;
    }
    const double rows = -notches * kWheelRows;
    const auto step = static_cast<std::uint64_t>(std::ceil(std::fabs(rows)));
    if (perRow_ > 0) setFirstRow(rows < 0 ? firstRow_ - std::min(firstRow_, step) : firstRow_ + step);
    event->accept();
}

bool FileMapPlot::viewportEvent(QEvent* event) {
    if (event->type() == QEvent::ToolTip) {
        const auto* help = static_cast<QHelpEvent*>(event);
        QToolTip::showText(help->globalPos(), words(partAt(help->pos())), viewport());
        return true;
    }
    if (event->type() == QEvent::Leave) {
        hovered_.reset();
        emit pointedAt(words(current_));
        viewport()->update();
    }
    return QAbstractScrollArea::viewportEvent(event);
}

void FileMapPlot::paintEvent(QPaintEvent*) {
    QPainter painter(viewport());
    painter.fillRect(viewport()->rect(), palette().color(QPalette::Base));
    if (!picture_) return;
    painter.drawImage(QPointF(0, 0), picture_->image);
    if (!layout_) return;
    painter.setRenderHint(QPainter::Antialiasing);
    const auto outline = [&](std::optional<std::size_t> part, double thick) {
        if (!part) return;
        painter.setPen(QPen(palette().color(QPalette::Text), thick));
        const double inset = thick / 2 - 1;
        for (const QRectF& rect : picture_->geometry.rectsOf(layout_->parts[*part].begin, layout_->end(*part)))
            painter.drawRect(rect.adjusted(inset, inset, -inset, -inset));
    };
    if (hovered_ != current_) outline(hovered_, 1);
    outline(current_, hasFocus() ? 3 : 2);
    if (hasFocus() && !current_) paintFocus(painter, viewport()->rect(), palette());
}

// The frame is painted on the viewport, which does not know of the keyboard.
void FileMapPlot::focusInEvent(QFocusEvent* event) {
    QAbstractScrollArea::focusInEvent(event);
    viewport()->update();
}

void FileMapPlot::focusOutEvent(QFocusEvent* event) {
    QAbstractScrollArea::focusOutEvent(event);
    viewport()->update();
}

void FileMapPlot::resizeEvent(QResizeEvent*) {
    redraw();
}

void FileMapPlot::showEvent(QShowEvent* event) {
    if (stale_) drawing_.start();
    QAbstractScrollArea::showEvent(event);
}

void FileMapPlot::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange) redraw();
    QAbstractScrollArea::changeEvent(event);
}

}  // namespace plimsoll::ui
