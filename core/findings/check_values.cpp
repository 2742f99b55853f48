// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <limits>
#include <map>
#include <memory>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include "base/limits.h"
#include "base/workers.h"
#include "checkpoint/tensor_reader.h"
#include "checkpoint/words.h"
#include "findings/check_parts.h"
#include "tensor/stats.h"

namespace plimsoll {

namespace {

constexpr std::uint64_t kPieceBytes = 4 * limits::MiB;

// Larger all-zero matrices are what lost writes leave; smaller tensors are often zero on purpose.
constexpr std::uint64_t kLargeElements = 4096;

}  // namespace

// What the pieces of a tensor add up to.
struct ValueCheck::Summary {
    std::uint64_t count = 0;
    std::uint64_t nan = 0;
    std::uint64_t inf = 0;
    std::uint64_t zero = 0;
    double min = std::numeric_limits<double>::infinity();
    double max = -std::numeric_limits<double>::infinity();
    std::string failed;

    void add(const TensorStats& piece) {
        count += piece.count;
        nan += piece.nan;
        inf += piece.inf;
        zero += piece.zero;
        if (piece.nan + piece.inf == piece.count) return;
        min = std::min(min, piece.min);
        max = std::max(max, piece.max);
    }
};

ValueCheck::ValueCheck(CheckContext& context, std::shared_ptr<const Checkpoint> checkpoint)
    : context_(context), checkpoint_(std::move(checkpoint)) {
    const TensorTable& table = checkpoint_->tensors;
    // Tied weights are the same view of the same storage: once is enough.
    std::set<std::tuple<std::uint32_t, std::uint64_t, std::uint64_t, DType>> seen;
    std::map<std::string, std::uint64_t> unknown;
    for (std::uint32_t i = 0; i < table.size(); ++i) {
        const TensorId id(i);
        if (table.nbytes(id) == 0 || table.storage(id).encoding == StorageEncoding::Absent) continue;
        const std::uint32_t bits = bitWidth(table.dtype(id));
        if (bits == 0 || bits % 8 != 0) {
            ++unknown[std::string(table.dtypeName(id))];
            continue;
        }
        const bool again =
            table.contiguous(id) &&
            !seen.emplace(table.storageId(id).value, table.storageOffsetElems(id), table.nbytes(id), table.dtype(id))
                 .second;
        ++tensors_;
        if (!again) cut(id);
    }
    for (const auto& [dtype, count] : unknown)
        context_.notDone({}, fmt::format("the values of {} tensors", count), fmt::format("they are of type {}", dtype));
}

void ValueCheck::cut(TensorId id) {
    const TensorTable& table = checkpoint_->tensors;
    const std::uint64_t elementBytes = bitWidth(table.dtype(id)) / 8;
    const std::uint64_t elements = table.nbytes(id) / elementBytes;
    // Deflated bytes come in order only: one worker reads them all.
    const bool inOrder = table.storage(id).encoding == StorageEncoding::Deflated;
    const std::uint64_t step = inOrder ? elements : std::max<std::uint64_t>(1, kPieceBytes / elementBytes);
    for (std::uint64_t first = 0; first < elements; first += step)
        pieces_.push_back({id, first, std::min(step, elements - first)});
    bytes_ += table.nbytes(id);
}

Result<void> ValueCheck::run() {
    const TensorTable& table = checkpoint_->tensors;
    std::vector<Summary> sums(pieces_.size());
    const auto makeWork = [&]() -> ItemWork {
        const auto reader = std::make_shared<TensorReader>(checkpoint_);
        const auto buffer = std::make_shared<std::vector<std::byte>>(static_cast<std::size_t>(kPieceBytes));
        return [&, reader, buffer](std::size_t i) -> Result<void> {
            const Piece& piece = pieces_[i];
            const std::uint64_t elementBytes = bitWidth(table.dtype(piece.tensor)) / 8;
            StatsAccumulator stats(table.dtype(piece.tensor));
            for (std::uint64_t done = 0; done < piece.elements;) {
                if (context_.stop.stop_requested()) return cancelled();
                const std::uint64_t count = std::min(piece.elements - done, kPieceBytes / elementBytes);
                const auto part = std::span(*buffer).first(static_cast<std::size_t>(count * elementBytes));
                auto read = reader->readElements(piece.tensor, piece.first + done, part);
                if (read) read = stats.add(part);
                if (!read) {
                    sums[i].failed = read.error().what;
                    break;
                }
                done += count;
                context_.progress.advance(part.size());
            }
            sums[i].add(stats.result());
            return {};
        };
    };
    TRY_VOID(runWorkers(pieces_.size(), context_.threads, makeWork, context_.stop));
    for (std::size_t i = 0; i < pieces_.size();) {
        const TensorId id = pieces_[i].tensor;
        Summary whole;
        for (; i < pieces_.size() && pieces_[i].tensor == id; ++i) {
            const Summary& part = sums[i];
            if (whole.failed.empty()) whole.failed = part.failed;
            whole.count += part.count;
            whole.nan += part.nan;
            whole.inf += part.inf;
            whole.zero += part.zero;
            whole.min = std::min(whole.min, part.min);
            whole.max = std::max(whole.max, part.max);
        }
        judge(id, whole);
    }
    context_.report.done.push_back(fmt::format("the values of {} tensors", tensors_));
    context_.report.bytesRead += bytes_;
    return {};
}

Place ValueCheck::placeOf(TensorId id) const {
    const TensorTable& table = checkpoint_->tensors;
    const Storage& storage = table.storage(id);
    Place place;
    if (storage.file.valid()) place.file = checkpoint_->files[storage.file.index()].relativePath;
    place.member = table.name(id);
    place.offset = table.fileOffset(id).value_or(kNoOffset);
    return place;
}

void ValueCheck::judge(TensorId id, const Summary& summary) const {
    const TensorTable& table = checkpoint_->tensors;
    const std::string name = inQuotes(table.name(id));
    const auto share = [&](std::uint64_t n) { return fmt::format("{} of {} values", n, summary.count); };
    if (!summary.failed.empty()) return context_.find(rules::kReadFailed, placeOf(id), summary.failed);
    if (summary.nan > 0)
        context_.find(rules::kNan, placeOf(id), fmt::format("tensor {}: {} are NaN", name, share(summary.nan)));
    if (summary.inf > 0)
        context_.find(rules::kInfinity, placeOf(id),
                      fmt::format("tensor {}: {} are infinite", name, share(summary.inf)));
    if (!isFloating(table.dtype(id)) || summary.count < 2) return;
    if (summary.zero == summary.count) {
        context_.find(rules::kAllZero, placeOf(id),
                      fmt::format("tensor {}: all {} values are zero", name, summary.count));
        if (table.shape(id).size() > 1 && summary.count >= kLargeElements)
            context_.report.findings.back().severity = Severity::Warning;
    } else if (summary.nan + summary.inf == 0 && summary.min == summary.max) {
        context_.find(rules::kConstant, placeOf(id),
                      fmt::format("tensor {}: all {} values are {}", name, summary.count, summary.min));
    }
}

}  // namespace plimsoll
