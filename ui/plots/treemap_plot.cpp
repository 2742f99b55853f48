// SPDX-License-Identifier: GPL-3.0-or-later
#include "plots/treemap_plot.h"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QPainter>
#include <QToolTip>

#include "jobs/dispose.h"
#include "plots/map_look.h"
#include "plots/treemap_painter.h"
#include "text/names.h"
#include "text/text.h"
#include "theme/theme.h"

namespace plimsoll::ui {
namespace {
constexpr int kPauseMs = 15;      // all that changes together is drawn once
constexpr double kProbeStep = 3;  // pixels over an edge, to find the neighbour
}  // namespace

TreemapPlot::TreemapPlot(QWidget* parent) : QWidget(parent) {
    setObjectName(QStringLiteral("treemapPlot"));
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(tr("Treemap of bytes by module"));
    drawing_.setSingleShot(true);
    drawing_.setInterval(kPauseMs);
    connect(&drawing_, &QTimer::timeout, this, &TreemapPlot::draw);
}

void TreemapPlot::setTree(std::shared_ptr<const TensorTree> tree) {
    if (!tree) job_.abandon();
    const bool same = tree && tree_ && tree->names() == tree_->names();
    if (!same) {
        top_ = NameTree::root();
        currentNode_ = NameTree::root();
        dispose(std::exchange(colours_.colours, nullptr));
    }
    dispose(std::exchange(tree_, std::move(tree)));
    if (tree_ && tree_->bytes(top_) == 0) top_ = NameTree::root();
    if (!same || !tree_) {
        dispose(std::exchange(picture_, nullptr));
        current_ = hovered_ = -1;
    }
    redraw();
    emit topChanged();
}

void TreemapPlot::setTop(NodeId top) {
    if (!tree_ || top == top_) return;
    top_ = top;
    redraw();
    emit topChanged();
}

void TreemapPlot::setColourBy(ColourBy by) {
    if (by == colours_.by) return;
    colours_ = {by, nullptr};
    redraw();
}

void TreemapPlot::setCurrent(NodeId node) {
    currentNode_ = node;
    current_ = picture_ && picture_->map.tree && !picture_->map.cells.empty() ? picture_->map.cellOf(node) : -1;
    if (hovered_ < 0) emit pointedAt(words(current_));
    setAccessibleDescription(words(current_));
    update();
}

void TreemapPlot::redraw() {
    stale_ = true;
    if (isVisible()) drawing_.start();
}

void TreemapPlot::draw() {
    stale_ = false;
    job_.abandon();
    if (!tree_ || size().isEmpty()) {
        update();
        return;
    }
    auto* job = job_.replace(new TreemapJob(this));
    connect(job, &TreemapJob::drawn, this, &TreemapPlot::show);
    job->draw({tree_, top_, QSizeF(size()), colours_, look()});
}

void TreemapPlot::show(const std::shared_ptr<const TreemapPicture>& picture) {
    dispose(std::exchange(picture_, picture));
    colours_.colours = picture->colours;
    hovered_ = -1;
    setCurrent(currentNode_);
    emit drawn();
}

MapLook TreemapPlot::look() const {
    return {palette(), scaledFont(font(), 0.92), devicePixelRatioF()};
}

PlotPicture TreemapPlot::toPicture() const {
    if (!picture_ || picture_->map.cells.empty()) return {};
    return {picture_->map.size.toSize(), palette().color(QPalette::Base),
            [drawn = picture_, look = look()](QPainter& painter) {
                paintTreemap(painter, drawn->map, *drawn->colours, look);
            },
            QStringLiteral("treemap")};
}

const TreemapCell* TreemapPlot::cell(int index) const {
    if (!picture_ || index < 0 || static_cast<std::size_t>(index) >= picture_->map.cells.size()) return nullptr;
    return &picture_->map.cells[static_cast<std::size_t>(index)];
}

QString TreemapPlot::words(int index) const {
    const TreemapCell* at = cell(index);
    if (at == nullptr) return {};
    const TensorTree& tree = *picture_->map.tree;
    const TensorTable& table = tree.checkpoint().tensors;
    const QString all = tree.filtered() ? tr("all that match the filter") : tr("the whole checkpoint");
    const QString path = at->node == NameTree::root() ? all : nameText(tree.nodes().path(at->node));
    QStringList parts{path};
    const TensorId tensor = tree.tensor(at->node);
    if (at->merged > 0) {
        parts = {tr("%1 more in %2, each too small to be drawn").arg(countText(at->merged), path)};
    } else if (at->isTensor && tensor.valid()) {
        parts << QStringLiteral("%1 %2").arg(dtypeText(table, tensor), shapeText(table.shape(tensor)));
    } else {
        parts << tensorsText(tree.tensorCount(at->node));
    }
    parts << bytesText(at->bytes) << percentText(at->bytes, table.totalBytes());
    return parts.join(QStringLiteral("  ·  "));
}

void TreemapPlot::choose(int index) {
    const TreemapCell* at = cell(index);
    if (at == nullptr) return;
    current_ = index;
    currentNode_ = at->node;
    setAccessibleDescription(words(index));
    emit pointedAt(words(index));
    update();
    if (at->merged == 0 && at->node != NameTree::root()) emit chosen(at->node);
}

void TreemapPlot::goInto(int index) {
    const TreemapCell* at = cell(index);
    if (at == nullptr) return;
    if (at->isTensor) {
        emit activated(at->node);
    } else if (at->node != top_) {
        setTop(at->node);
    }
}

void TreemapPlot::goOut() {
    if (!tree_ || top_ == NameTree::root()) return;
    NodeId above = tree_->nodes().parent(top_);
    // Modules with a single part are not shown by themselves.
    while (above != NameTree::root() && tree_->childCount(above) == 1) above = tree_->nodes().parent(above);
    setTop(above);
}

// To the cell beyond the edge of the current one.
void TreemapPlot::walk(Qt::Key key) {
    if (!picture_) return;
    const TreemapCell* at = cell(current_);
    if (at == nullptr || current_ == 0) {
        choose(picture_->map.cellAt({kProbeStep * 2, kProbeStep * 2}));
        return;
    }
    const QRectF& rect = at->rect;
    QPointF probe = rect.center();
    if (at->isModule && key == Qt::Key_Down) probe.setY(rect.top() + static_cast<double>(at->header));
    if (key == Qt::Key_Left) probe.setX(rect.left() - kProbeStep);
    if (key == Qt::Key_Right) probe.setX(rect.right() + kProbeStep);
    if (key == Qt::Key_Up) probe.setY(rect.top() - kProbeStep);
    if (key == Qt::Key_Down) probe.ry() = (at->isModule ? probe.y() : rect.bottom()) + kProbeStep;
    const int next = picture_->map.cellAt(probe);
    if (next > 0) choose(next);
}

void TreemapPlot::keyPressEvent(QKeyEvent* event) {
    switch (event->key()) {
        case Qt::Key_Left:
        case Qt::Key_Right:
        case Qt::Key_Up:
        case Qt::Key_Down:
            walk(static_cast<Qt::Key>(event->key()));
            return;
        case Qt::Key_Return:
        case Qt::Key_Enter:
            goInto(current_);
            return;
        case Qt::Key_Backspace:
        case Qt::Key_Escape:
            goOut();
            return;
        case Qt::Key_Home:
            setTop(NameTree::root());
            return;
        default:
            QWidget::keyPressEvent(event);
    }
}

void TreemapPlot::mousePressEvent(QMouseEvent* event) {
    if (event->button() == Qt::BackButton) return goOut();
    if (event->button() == Qt::LeftButton && picture_) choose(picture_->map.cellAt(event->position()));
}

void TreemapPlot::mouseDoubleClickEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton || !picture_) return;
    const int index = picture_->map.cellAt(event->position());
    // One level at a time: into the module on top that the place lies in.
    for (const TreemapCell& at : picture_->map.cells)
        if (at.depth == 1 && at.isModule && at.rect.contains(event->position())) return setTop(at.node);
    goInto(index);
}

void TreemapPlot::mouseMoveEvent(QMouseEvent* event) {
    const int index = picture_ ? picture_->map.cellAt(event->position()) : -1;
    if (index == hovered_) return;
    hovered_ = index;
    emit pointedAt(words(hovered_ >= 0 ? hovered_ : current_));
    update();
}

void TreemapPlot::leaveEvent(QEvent*) {
    hovered_ = -1;
    emit pointedAt(words(current_));
    update();
}

bool TreemapPlot::event(QEvent* event) {
    if (event->type() == QEvent::ToolTip) {
        const auto* help = static_cast<QHelpEvent*>(event);
        const QString text = picture_ ? words(picture_->map.cellAt(help->pos())) : QString();
        QToolTip::showText(help->globalPos(), text, this);
        return true;
    }
    return QWidget::event(event);
}

void TreemapPlot::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.fillRect(rect(), palette().color(QPalette::Base));
    if (!picture_) return;
    // An older picture is stretched until the new one is there.
    painter.drawImage(QRectF(rect()), picture_->image);
    const double x = picture_->map.size.isEmpty() ? 1 : width() / picture_->map.size.width();
    const double y = picture_->map.size.isEmpty() ? 1 : height() / picture_->map.size.height();
    const auto outline = [&](int index, double thick) {
        const TreemapCell* at = cell(index);
        if (at == nullptr || index == 0) return;
        const QRectF place(at->rect.left() * x, at->rect.top() * y, at->rect.width() * x, at->rect.height() * y);
        painter.setPen(QPen(palette().color(QPalette::Text), thick, Qt::SolidLine, Qt::SquareCap, Qt::MiterJoin));
        painter.drawRect(place.adjusted(thick / 2, thick / 2, -thick / 2, -thick / 2));
    };
    outline(hovered_, 1);
    outline(current_, hasFocus() ? 3 : 2);
    if (hasFocus() && current_ <= 0) paintFocus(painter, rect(), palette());
}

void TreemapPlot::resizeEvent(QResizeEvent*) {
    redraw();
}

void TreemapPlot::showEvent(QShowEvent*) {
    if (stale_) drawing_.start();
}

void TreemapPlot::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange) redraw();
    QWidget::changeEvent(event);
}

}  // namespace plimsoll::ui
