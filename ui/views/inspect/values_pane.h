// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>
#include <memory>
#include <vector>

#include "jobs/values_job.h"

class QComboBox;
class QGridLayout;
class QLineEdit;
class QScrollArea;
class QSpinBox;

namespace plimsoll::ui {

class Banner;
class Label;
class RunStrip;
class ValuesGrid;

// A grid over the values of one tensor, and what chooses the plane of it; what is scrolled to is read on a worker
// thread.
class ValuesPane final : public QWidget {
    Q_OBJECT
public:
    explicit ValuesPane(TensorCells* cells, QWidget* parent = nullptr);
    void setTensor(std::shared_ptr<const Checkpoint> checkpoint, TensorId tensor);
    void showElement(std::uint64_t element);
    void saveNpy(const QString& path, bool planeOnly);
    void askWhereToSave(bool planeOnly);
    void askForPlace();  // a row and a column to go to

signals:
    void tilesShown();
    void saved();  // or failed

private:
    void buildTools();
    void fillAxes();
    void makeSliceBoxes();
    void addSliceBox(QGridLayout& grid, std::size_t dim, std::uint64_t size);
    void changeAxes(bool rowsChanged);
    void changeSlice();
    void changeFormat(int index);
    void goTo();
    void copyCells();
    void copyCommand() const;
    void showCurrent();
    void read(const std::vector<CellTile>& tiles);
    void readNext();
    [[nodiscard]] TensorPlane plane() const;

    TensorCells* cells_;
    ValuesGrid* grid_;
    QWidget* axes_;
    QComboBox* rowAxis_;
    QComboBox* columnAxis_;
    QComboBox* format_;
    QLineEdit* place_;
    QScrollArea* sliceArea_;
    Banner* problem_;
    RunStrip* strip_;
    Label* current_;                // the cell that is current, in words
    std::vector<QSpinBox*> boxes_;  // one per dimension; null for the axes
    std::vector<CellTile> queue_;
    LatestJob<ValuesJob> job_;
    LatestJob<CellsTextJob> copyJob_;
    LatestJob<NpyJob> saveJob_;
};

}  // namespace plimsoll::ui
