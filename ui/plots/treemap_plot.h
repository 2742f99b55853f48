// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QTimer>
#include <QWidget>
#include <memory>

#include "jobs/map_job.h"
#include "plots/plot_picture.h"

namespace plimsoll::ui {

// The bytes of a checkpoint as nested rectangles. A click chooses a tensor or a module, a double click or Enter goes
// into a module, Backspace goes out; arrows walk. Laid out and painted on a worker thread.
class TreemapPlot final : public QWidget {
    Q_OBJECT
public:
    explicit TreemapPlot(QWidget* parent = nullptr);

    void setTree(std::shared_ptr<const TensorTree> tree);  // null: nothing
    void setTop(NodeId top);                               // what fills the plot
    void setColourBy(ColourBy by);
    void setCurrent(NodeId node);  // marks it where it is seen
    [[nodiscard]] NodeId top() const noexcept { return top_; }
    [[nodiscard]] const std::shared_ptr<const TreemapPicture>& picture() const noexcept { return picture_; }
    [[nodiscard]] PlotPicture toPicture() const;
    QSize sizeHint() const override { return {480, 360}; }
    QSize minimumSizeHint() const override { return {160, 120}; }

signals:
    void drawn();
    void topChanged();
    void chosen(plimsoll::NodeId node);     // a tensor or a module
    void activated(plimsoll::NodeId node);  // a tensor, by double click or Enter
    void pointedAt(const QString& text);    // what is under the pointer, else what is current

protected:
    bool event(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void showEvent(QShowEvent* event) override;
    void changeEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;

private:
    [[nodiscard]] MapLook look() const;
    void redraw();
    void draw();
    void show(const std::shared_ptr<const TreemapPicture>& picture);
    void choose(int cell);
    void walk(Qt::Key key);
    void goInto(int cell);
    void goOut();
    [[nodiscard]] const TreemapCell* cell(int index) const;
    [[nodiscard]] QString words(int index) const;

    std::shared_ptr<const TensorTree> tree_;
    NodeId top_ = NameTree::root();
    NodeId currentNode_ = NameTree::root();
    MapColours colours_;
    std::shared_ptr<const TreemapPicture> picture_;
    int current_ = -1;
    int hovered_ = -1;
    bool stale_ = false;
    QTimer drawing_;
    LatestJob<TreemapJob> job_;
};

}  // namespace plimsoll::ui
