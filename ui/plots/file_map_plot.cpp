// SPDX-License-Identifier: GPL-3.0-or-later
#include "plots/file_map_plot.h"

#include <QHelpEvent>
#include <QPainter>
#include <QScrollBar>
#include <QToolTip>
#include <algorithm>
#include <cmath>

#include "jobs/dispose.h"
#include "text/names.h"
#include "text/text.h"
#include "theme/theme.h"

namespace plimsoll::ui {
namespace {

constexpr int kPauseMs = 15;                        // all that changes together is drawn once
constexpr std::uint64_t kLeastPerRow = 64;          // bytes: more than that is for a hex editor
constexpr std::uint64_t kMostRows = 1'000'000'000;  // a scroll bar counts in int

}  // namespace

FileMapPlot::FileMapPlot(QWidget* parent) : QAbstractScrollArea(parent) {
    setObjectName(QStringLiteral("fileMapPlot"));
    setFrameShape(QFrame::NoFrame);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setFocusPolicy(Qt::StrongFocus);
    viewport()->setMouseTracking(true);
    setAccessibleName(tr("Layout of the file"));
    drawing_.setSingleShot(true);
    drawing_.setInterval(kPauseMs);
    connect(&drawing_, &QTimer::timeout, this, &FileMapPlot::draw);
}

void FileMapPlot::setFile(std::shared_ptr<const TensorTree> tree, FileId file) {
    if (!tree) job_.abandon();
    const bool same = tree && tree_ && tree->names() == tree_->names();
    if (!same) dispose(std::exchange(colours_.colours, nullptr));
    if (!same || file != file_) {
        dispose(std::exchange(layout_, nullptr));
        dispose(std::exchange(picture_, nullptr));
        perRow_ = firstRow_ = 0;
        current_.reset();
        hovered_.reset();
        wanted_ = {};
    }
    file_ = file;
    dispose(std::exchange(tree_, std::move(tree)));
    redraw();
}

void FileMapPlot::setColourBy(ColourBy by) {
    if (by == colours_.by) return;
    colours_ = {by, nullptr};
    redraw();
}

void FileMapPlot::setCurrent(TensorId tensor) {
    wanted_ = tensor;
    if (!layout_) return;
    // A tensor in several parts: the one that was chosen.
    if (tensorOf(current_) != tensor || !tensor.valid())
        current_ = tensor.valid() ? layout_->partOf(tensor) : std::nullopt;
    if (current_) reveal(*current_);
    setAccessibleDescription(words(current_));
    if (!hovered_) emit pointedAt(words(current_));
    viewport()->update();
}

std::uint64_t FileMapPlot::fileBytes() const {
    return tree_ && file_.valid() ? tree_->checkpoint().files[file_.index()].bytes : 0;
}

FileMapGeometry FileMapPlot::geometry() const {
    FileMapGeometry result;
    result.size = QSizeF(viewport()->size());
    result.fileBytes = fileBytes();
    const QFontMetrics metrics(font());
    result.left = metrics.horizontalAdvance(QStringLiteral("1023.9 MiB")) + 10;
    result.rowHeight = metrics.height() + 5;
    result.rowGap = 3;
    result.firstRow = firstRow_;
    result.bytesPerRow = perRow_ > 0 ? perRow_ : 1;
    if (perRow_ == 0) {
        const std::uint64_t rows = result.visibleRows();
        result.bytesPerRow = std::max(kLeastPerRow, result.fileBytes / rows + 1);
        result.firstRow = 0;
    }
    return result;
}

std::uint64_t FileMapPlot::allPerRow() const {
    return std::max(kLeastPerRow, fileBytes() / geometry().visibleRows() + 1);
}

std::uint64_t FileMapPlot::leastPerRow() const {
    return std::max(kLeastPerRow, fileBytes() / kMostRows);
}

void FileMapPlot::redraw() {
    stale_ = true;
    if (isVisible()) drawing_.start();
}

void FileMapPlot::draw() {
    stale_ = false;
    job_.abandon();
    updateBar();
    if (!tree_ || !file_.valid() || viewport()->size().isEmpty()) {
        viewport()->update();
        return;
    }
    auto* job = job_.replace(new FileMapJob(this));
    connect(job, &FileMapJob::drawn, this, &FileMapPlot::show);
    job->draw({tree_, file_, layout_, geometry(), colours_, look()});
}

void FileMapPlot::show(const std::shared_ptr<const FileMapPicture>& picture) {
    dispose(std::exchange(picture_, picture));
    colours_.colours = picture->colours;
    if (!layout_) {
        layout_ = picture->layout;
        if (wanted_.valid()) setCurrent(wanted_);
    }
    viewport()->update();
    emit drawn();
}

MapLook FileMapPlot::look() const {
    return {palette(), scaledFont(font(), 0.92), devicePixelRatioF()};
}

PlotPicture FileMapPlot::toPicture() const {
    if (!picture_ || !tree_) return {};
    return {picture_->geometry.size.toSize(), palette().color(QPalette::Base),
            [drawn = picture_, tree = tree_, look = look()](QPainter& painter) {
                paintFileMap(painter, *drawn->layout, drawn->geometry, *tree, *drawn->colours, look);
            },
            QStringLiteral("layout")};
}

void FileMapPlot::updateBar() {
    const FileMapGeometry now = geometry();
    const auto rows = static_cast<int>(std::min(now.rows(), kMostRows * 2));
    const auto page = static_cast<int>(now.visibleRows());
    const QSignalBlocker quiet(verticalScrollBar());
    verticalScrollBar()->setPageStep(page);
    verticalScrollBar()->setRange(0, std::max(0, rows - page));
    verticalScrollBar()->setValue(static_cast<int>(now.firstRow));
}

void FileMapPlot::setFirstRow(std::uint64_t row) {
    const FileMapGeometry now = geometry();
    const std::uint64_t most = now.rows() > now.visibleRows() ? now.rows() - now.visibleRows() : 0;
    firstRow_ = std::min(row, most);
    redraw();
}

void FileMapPlot::scrollContentsBy(int, int) {
    firstRow_ = static_cast<std::uint64_t>(std::max(0, verticalScrollBar()->value()));
    redraw();
}

// The byte stays at this height.
void FileMapPlot::zoomAt(double factor, std::uint64_t offset, double y) {
    const std::uint64_t now = geometry().bytesPerRow;
    const double wanted = static_cast<double>(now) / factor;
    const std::uint64_t all = allPerRow();
    if (wanted >= static_cast<double>(all)) return showAll();
    perRow_ = std::clamp(static_cast<std::uint64_t>(wanted), leastPerRow(), all);
    const std::uint64_t row = offset / perRow_;
    setFirstRow(row - std::min(row, static_cast<std::uint64_t>(std::max(0.0, y) / geometry().pitch())));
}

void FileMapPlot::zoom(double factor) {
    const FileMapGeometry now = geometry();
    std::uint64_t offset = (now.firstRow + now.visibleRows() / 2) * now.bytesPerRow;
    if (current_ && layout_) offset = layout_->parts[*current_].begin;
    zoomAt(factor, std::min(offset, fileBytes()), viewport()->height() / 2.0);
}

void FileMapPlot::showAll() {
    perRow_ = firstRow_ = 0;
    redraw();
}

std::optional<std::size_t> FileMapPlot::partAt(const QPointF& place) const {
    if (!layout_ || layout_->parts.empty()) return std::nullopt;
    const auto offset = geometry().offsetAt(place);
    if (!offset) return std::nullopt;
    return layout_->partAt(*offset);
}

TensorId FileMapPlot::tensorOf(std::optional<std::size_t> part) const {
    return part && layout_ ? layout_->parts[*part].tensor : TensorId();
}

QString FileMapPlot::words(std::optional<std::size_t> part) const {
    if (!part || !layout_) return {};
    const std::uint64_t begin = layout_->parts[*part].begin;
    const std::uint64_t end = layout_->end(*part);
    QStringList parts{nameText(layout_->words(*part))};
    if (layout_->parts[*part].kind == FilePart::Kind::Record) parts.front() = tr("record %1").arg(parts.front());
    if (const TensorId tensor = tensorOf(part); tensor.valid()) {
        const TensorTable& table = layout_->checkpoint->tensors;
        parts << QStringLiteral("%1 %2").arg(dtypeText(table, tensor), shapeText(table.shape(tensor)));
    }
    parts << bytesText(end - begin) << tr("bytes %1 to %2").arg(countText(begin), countText(end));
    return parts.join(QStringLiteral("  ·  "));
}

void FileMapPlot::choose(std::optional<std::size_t> part) {
    if (!part) return;
    current_ = part;
    setAccessibleDescription(words(part));
    emit pointedAt(words(part));
    viewport()->update();
    wanted_ = tensorOf(part);
    if (wanted_.valid()) emit chosen(wanted_);
}

void FileMapPlot::reveal(std::size_t part) {
    const FileMapGeometry now = geometry();
    const std::uint64_t row = layout_->parts[part].begin / now.bytesPerRow;
    if (row < now.firstRow || row >= now.firstRow + now.visibleRows())
        setFirstRow(row - std::min(row, now.visibleRows() / 3));
}

void FileMapPlot::walkRow(int rows) {
    if (!layout_ || !current_) return choose(partAt({geometry().left + 1, 1}));
    const FileMapGeometry now = geometry();
    const std::uint64_t at = layout_->parts[*current_].begin;
    const std::uint64_t step = static_cast<std::uint64_t>(std::abs(rows)) * now.bytesPerRow;
    const std::uint64_t to = rows < 0 ? at - std::min(at, step) : std::min(at + step, fileBytes() - 1);
    std::size_t part = layout_->partAt(to);
    // A part longer than a row: the next one.
    if (part == *current_ && rows > 0) part = std::min(part + 1, layout_->parts.size() - 1);
    if (part == *current_ && rows < 0 && part > 0) --part;
    reveal(part);
    choose(part);
}

}  // namespace plimsoll::ui
