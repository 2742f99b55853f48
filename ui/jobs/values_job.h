// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QString>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "checkpoint/checkpoint.h"
#include "checkpoint/grid_image.h"
#include "checkpoint/tensor_part.h"
#include "jobs/job.h"
#include "models/tensor_cells.h"
#include "tensor/stats.h"

namespace plimsoll::ui {

// What is looked at: a plane of one tensor.
struct TensorPlane {
    std::shared_ptr<const Checkpoint> checkpoint;
    TensorId tensor;
    ElementForm form;
    GridView view;
};

// Reads the asked blocks of one tensor.
class ValuesJob final : public Job {
    Q_OBJECT
public:
    using Key = QPair<quint64, quint64>;

    explicit ValuesJob(QObject* parent) : Job(parent) {}
    void read(TensorPlane plane, std::vector<CellTile> tiles);

signals:
    void tileRead(const QPair<quint64, quint64>& key, const QByteArray& bytes);
    void failed(const plimsoll::Error& error, const std::vector<QPair<quint64, quint64>>& keys);
};

// Cells as text for other programs: tab-separated, a line a row.
class CellsTextJob final : public Job {
    Q_OBJECT
public:
    static constexpr std::uint64_t kMostCells = 1'000'000;

    explicit CellsTextJob(QObject* parent) : Job(parent) {}
    void write(TensorPlane plane, const GridRect& rect, NumberFormat format);

signals:
    void written(const QString& text);
    void failed(const plimsoll::Error& error);
};

// Statistics of one tensor, and how its values are spread.
struct TensorSurvey {
    TensorStats stats;
    std::optional<Histogram> histogram;  // of real numbers
};

// Exact, in two passes and bounded memory; progress counts bytes of the tensor, twice.
class StatsJob final : public Job {
    Q_OBJECT
public:
    static constexpr std::size_t kBins = 128;

    explicit StatsJob(QObject* parent) : Job(parent) {}
    void compute(std::shared_ptr<const Checkpoint> checkpoint, TensorId tensor);

signals:
    void computed(const plimsoll::ui::TensorSurvey& survey);
    void failed(const plimsoll::Error& error);
};

// Draws a plane small. Progress counts its bytes.
class HeatmapJob final : public Job {
    Q_OBJECT
public:
    explicit HeatmapJob(QObject* parent) : Job(parent) {}
    void draw(TensorPlane plane, std::uint32_t mostWidth, std::uint32_t mostHeight);

signals:
    void drawn(const std::shared_ptr<const plimsoll::GridImage>& image);
    void failed(const plimsoll::Error& error);
};

// Writes a tensor, or a slice of it, as a .npy file; one that is there is replaced.
class NpyJob final : public Job {
    Q_OBJECT
public:
    explicit NpyJob(QObject* parent) : Job(parent) {}
    void write(std::shared_ptr<const Checkpoint> checkpoint, TensorId tensor, const QString& slice,
               const QString& path);

signals:
    void written(const QString& path);
    void failed(const plimsoll::Error& error);
};

}  // namespace plimsoll::ui
