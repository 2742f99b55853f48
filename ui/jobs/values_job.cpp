// SPDX-License-Identifier: GPL-3.0-or-later
#include "jobs/values_job.h"

#include <algorithm>
#include <span>

#include "base/limits.h"
#include "checkpoint/tensor_reader.h"

namespace plimsoll::ui {
namespace {

using Tiles = std::vector<std::pair<quint64, QByteArray>>;

Result<QByteArray> readTile(TensorReader& reader, TensorId tensor, std::size_t elementBytes, const ValueTile& tile) {
    const auto runBytes = static_cast<std::size_t>(tile.columns) * elementBytes;
    QByteArray bytes(static_cast<qsizetype>(runBytes) * tile.rows, Qt::Uninitialized);
    const auto out = std::as_writable_bytes(std::span(bytes.data(), static_cast<std::size_t>(bytes.size())));
    for (int row = 0; row < tile.rows; ++row) {
        const std::uint64_t first = tile.firstElement + static_cast<std::uint64_t>(row) * tile.rowStride;
        auto run = out.subspan(static_cast<std::size_t>(row) * runBytes, runBytes);
        TRY_VOID(reader.readElements(tensor, first, run));
    }
    return bytes;
}

}  // namespace

void ValuesJob::read(std::shared_ptr<const Checkpoint> checkpoint, TensorId tensor, std::size_t elementBytes,
                     std::vector<ValueTile> tiles) {
    std::vector<quint64> keys;
    for (const ValueTile& tile : tiles) keys.push_back(tile.key);
    start<Tiles>(
        [checkpoint = std::move(checkpoint), tensor, elementBytes, tiles = std::move(tiles)](
            ProgressSink&, const std::stop_token& stop) -> Result<Tiles> {
            TensorReader reader(checkpoint, stop);
            Tiles result;
            for (const ValueTile& tile : tiles) {
                if (stop.stop_requested()) return cancelled();
                TRY(auto bytes, readTile(reader, tensor, elementBytes, tile));
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

void StatsJob::compute(std::shared_ptr<const Checkpoint> checkpoint, TensorId tensor) {
    start<TensorStats>(
        [checkpoint = std::move(checkpoint), tensor](ProgressSink& progress,
                                                     const std::stop_token& stop) -> Result<TensorStats> {
            const TensorTable& table = checkpoint->tensors;
            const std::uint64_t width = bitWidth(table.dtype(tensor)) / 8;
            if (width == 0) return fail(Errc::Unsupported, "statistics need elements of whole bytes");
            const std::uint64_t elements = table.elements(tensor);
            const std::uint64_t blockElements = 4 * limits::MiB / width;
            std::vector<std::byte> block(static_cast<std::size_t>(std::min(elements, blockElements) * width));
            TensorReader reader(checkpoint, stop);
            StatsAccumulator sums(table.dtype(tensor));
            for (std::uint64_t at = 0; at < elements; at += blockElements) {
                if (stop.stop_requested()) return cancelled();
                const std::uint64_t n = std::min(blockElements, elements - at);
                const auto part = std::span(block).first(static_cast<std::size_t>(n * width));
                TRY_VOID(reader.readElements(tensor, at, part));
                TRY_VOID(sums.add(part));
                progress.advance(part.size());
            }
            return sums.result();
        },
        [this](Result<TensorStats> outcome) {
            if (outcome) {
                emit computed(*outcome);
            } else {
                emit failed(outcome.error());
            }
        });
}

}  // namespace plimsoll::ui
