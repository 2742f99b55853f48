// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>
#include <memory>
#include <vector>

#include "jobs/values_job.h"

class QHBoxLayout;
class QSpinBox;
class QTableView;

namespace plimsoll::ui {

class Banner;
class Label;

// A grid over the values of one tensor; what is scrolled to is read on a worker thread.
class ValuesPane final : public QWidget {
    Q_OBJECT
public:
    explicit ValuesPane(QWidget* parent = nullptr);
    void setTensor(std::shared_ptr<const Checkpoint> checkpoint, TensorId tensor);

signals:
    void tilesShown();

private:
    void makeSliceBoxes();
    void changeSlice();
    void fit();
    void read(const std::vector<ValueTile>& tiles);
    void readNext();

    TensorValuesModel* model_;
    QTableView* view_;
    Label* title_;
    QHBoxLayout* sliceRow_;
    QWidget* sliceBoxes_;
    Banner* problem_;
    std::vector<QSpinBox*> boxes_;
    std::vector<ValueTile> queue_;
    LatestJob<ValuesJob> job_;
    std::shared_ptr<const Checkpoint> checkpoint_;
    TensorId tensor_;
};

}  // namespace plimsoll::ui
