// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractScrollArea>
#include <QTimer>
#include <memory>
#include <optional>

#include "jobs/map_job.h"
#include "plots/plot_picture.h"

namespace plimsoll::ui {

// A file from its first byte to its last, row by row, and what lies where. Ctrl with the wheel, + and - zoom; arrows
// walk from part to part, Enter goes to the tensor. Laid out and painted on a worker thread.
class FileMapPlot final : public QAbstractScrollArea {
    Q_OBJECT
public:
    explicit FileMapPlot(QWidget* parent = nullptr);

    void setFile(std::shared_ptr<const TensorTree> tree, FileId file);  // null: nothing
    void setColourBy(ColourBy by);
    void setCurrent(TensorId tensor);  // marks it and scrolls to it, where it lies in this file
    void zoom(double factor);          // about the middle of what is seen, or the current part
    void showAll();
    [[nodiscard]] const std::shared_ptr<const FileMapPicture>& picture() const noexcept { return picture_; }
    [[nodiscard]] PlotPicture toPicture() const;
    [[nodiscard]] std::optional<std::size_t> current() const noexcept { return current_; }

signals:
    void drawn();
    void chosen(plimsoll::TensorId tensor);
    void activated(plimsoll::TensorId tensor);  // by double click or Enter
    void pointedAt(const QString& text);        // what is under the pointer, else what is current

protected:
    bool viewportEvent(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void showEvent(QShowEvent* event) override;
    void changeEvent(QEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void scrollContentsBy(int dx, int dy) override;

private:
    [[nodiscard]] FileMapGeometry geometry() const;
    [[nodiscard]] std::uint64_t fileBytes() const;
    [[nodiscard]] std::uint64_t leastPerRow() const;
    [[nodiscard]] std::uint64_t allPerRow() const;
    [[nodiscard]] std::optional<std::size_t> partAt(const QPointF& place) const;
    [[nodiscard]] QString words(std::optional<std::size_t> part) const;
    [[nodiscard]] TensorId tensorOf(std::optional<std::size_t> part) const;
    [[nodiscard]] MapLook look() const;
    void redraw();
    void draw();
    void show(const std::shared_ptr<const FileMapPicture>& picture);
    void updateBar();
    void setFirstRow(std::uint64_t row);
    void zoomAt(double factor, std::uint64_t offset, double y);
    void choose(std::optional<std::size_t> part);
    void reveal(std::size_t part);
    void walkRow(int rows);

    std::shared_ptr<const TensorTree> tree_;
    FileId file_;
    std::shared_ptr<const FileLayout> layout_;
    MapColours colours_;
    std::shared_ptr<const FileMapPicture> picture_;
    std::uint64_t perRow_ = 0;  // 0: all of the file is seen
    std::uint64_t firstRow_ = 0;
    std::optional<std::size_t> current_;
    std::optional<std::size_t> hovered_;
    TensorId wanted_;  // to be marked when the layout is there
    bool stale_ = false;
    QTimer drawing_;
    LatestJob<FileMapJob> job_;
};

}  // namespace plimsoll::ui
