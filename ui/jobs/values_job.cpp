// SPDX-License-Identifier: GPL-3.0-or-later
#include "jobs/values_job.h"

#include <QFile>
#include <algorithm>
#include <span>

#include "checkpoint/tensor_reader.h"
#include "formats/npy/npy_file.h"
#include "text/text.h"

namespace plimsoll::ui {
namespace {

using Tiles = std::vector<std::pair<QPair<quint64, quint64>, QByteArray>>;

TensorPart partOf(const TensorTable& table, TensorReader& reader, TensorId tensor, const std::stop_token& stop) {
    const ElementForm form = elementForm(table, tensor);
    return {reader, tensor, form.dtype, form.bytes, Slice::whole(form.shape), stop};
}

Result<std::string> textOf(const TensorPlane& plane, const GridRect& rect, NumberFormat format,
                           const std::stop_token& stop) {
    TensorReader reader(plane.checkpoint, stop);
    const std::size_t lineBytes = static_cast<std::size_t>(rect.columns) * plane.form.bytes;
    std::vector<std::byte> line(lineBytes);
    std::string text;
    for (std::uint64_t r = 0; r < rect.rows; ++r) {
        if (stop.stop_requested()) return cancelled();
        TRY_VOID(readGrid(reader, plane.tensor, plane.form.bytes, plane.view,
                          {rect.row + r, rect.column, 1, rect.columns}, line));
        for (std::uint64_t c = 0; c < rect.columns && plane.view.holds(rect.row + r, rect.column + c); ++c) {
            if (c > 0) text += '\t';
            const auto element =
                std::span(line).subspan(static_cast<std::size_t>(c) * plane.form.bytes, plane.form.bytes);
            text += formatElementAs(plane.form.dtype, element, format);
        }
        text += '\n';
    }
    return text;
}

}  // namespace

void ValuesJob::read(TensorPlane plane, std::vector<CellTile> tiles) {
    std::vector<Key> keys;
    keys.reserve(tiles.size());
    for (const CellTile& tile : tiles) keys.push_back(tile.key);
    start<Tiles>(
        [plane = std::move(plane), tiles = std::move(tiles)](ProgressSink&,
                                                             const std::stop_token& stop) -> Result<Tiles> {
            TensorReader reader(plane.checkpoint, stop);
            Tiles result;
            for (const CellTile& tile : tiles) {
                if (stop.stop_requested()) return cancelled();
                const std::uint64_t count = tile.rect.rows * tile.rect.columns * plane.form.bytes;
                const auto size = static_cast<qsizetype>(count);
                QByteArray bytes(size, '\0');
                const auto out = std::as_writable_bytes(std::span(bytes.data(), static_cast<std::size_t>(size)));
                TRY_VOID(readGrid(reader, plane.tensor, plane.form.bytes, plane.view, tile.rect, out));
                result.emplace_back(tile.key, std::move(bytes));
            }
            return result;
        },
        [this, keys = std::move(keys)](Result<Tiles> outcome) {
            if (!outcome) {
                emit failed(outcome.error(), keys);
                return;
            }
            for (const auto& [key, bytes] : *outcome) emit tileRead(key, bytes);
        });
}

void CellsTextJob::write(TensorPlane plane, const GridRect& rect, NumberFormat format) {
    start<QString>(
        [plane = std::move(plane), rect, format](ProgressSink&, const std::stop_token& stop) -> Result<QString> {
            TRY(const std::string text, textOf(plane, rect, format, stop));
            return toText(text);
        },
        [this](Result<QString> outcome) {
            if (outcome) {
                emit written(*outcome);
            } else {
                emit failed(outcome.error());
            }
        });
}

void StatsJob::compute(std::shared_ptr<const Checkpoint> checkpoint, TensorId tensor) {
    start<TensorSurvey>(
        [checkpoint = std::move(checkpoint), tensor](ProgressSink& progress,
                                                     const std::stop_token& stop) -> Result<TensorSurvey> {
            TensorReader reader(checkpoint, stop);
            const TensorPart part = partOf(checkpoint->tensors, reader, tensor, stop);
            progress.announce(2 * part.bytes());
            TensorSurvey survey;
            TRY(survey.stats, computeStats(part, progress));
            auto histogram = computeHistogram(part, survey.stats.min, survey.stats.max, kBins, progress);
            if (!histogram && histogram.error().code != Errc::Unsupported) return fail(histogram.error());
            if (histogram) survey.histogram = std::move(*histogram);
            return survey;
        },
        [this](Result<TensorSurvey> outcome) {
            if (outcome) {
                emit computed(*outcome);
            } else {
                emit failed(outcome.error());
            }
        });
}

void HeatmapJob::draw(TensorPlane plane, std::uint32_t mostWidth, std::uint32_t mostHeight) {
    using Image = std::shared_ptr<const GridImage>;
    start<Image>(
        [plane = std::move(plane), mostWidth, mostHeight](ProgressSink& progress,
                                                          const std::stop_token& stop) -> Result<Image> {
            TensorReader reader(plane.checkpoint, stop);
            progress.announce(plane.view.rows * plane.view.columns * plane.form.bytes);
            TRY(auto image,
                drawGrid(reader, plane.tensor, plane.form, plane.view, mostWidth, mostHeight, progress, stop));
            return std::make_shared<const GridImage>(std::move(image));
        },
        [this](Result<Image> outcome) {
            if (outcome) {
                emit drawn(*outcome);
            } else {
                emit failed(outcome.error());
            }
        });
}

void NpyJob::write(std::shared_ptr<const Checkpoint> checkpoint, TensorId tensor, const QString& slice,
                   const QString& path) {
    const std::string native = QFile::encodeName(path).toStdString();
    start<bool>(
        [checkpoint = std::move(checkpoint), tensor, slice = slice.toStdString(), native](
            ProgressSink& progress, const std::stop_token& stop) -> Result<bool> {
            TensorReader reader(checkpoint, stop);
            TensorPart part = partOf(checkpoint->tensors, reader, tensor, stop);
            TRY(part.slice, Slice::parse(slice, elementForm(checkpoint->tensors, tensor).shape));
            progress.announce(part.bytes());
            TRY_VOID(writeNpy(part, native, OutputFile::Existing::Replace, progress));
            return true;
        },
        [this, path](Result<bool> outcome) {
            if (outcome) {
                emit written(path);
            } else {
                emit failed(outcome.error());
            }
        });
}

}  // namespace plimsoll::ui
