// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include "base/limits.h"
#include "base/workers.h"
#include "checkpoint/words.h"
#include "findings/check_parts.h"
#include "tensor/layout.h"

namespace plimsoll {

namespace {

constexpr std::uint64_t kPieceBytes = 4 * limits::MiB;

// Larger all-zero matrices are what lost writes leave; smaller tensors are often zero on purpose.
constexpr std::uint64_t kLargeElements = 4096;

}  // namespace

ValueCheck::ValueCheck(CheckContext& context, std::shared_ptr<const Checkpoint> checkpoint)
    : context_(context), checkpoint_(std::move(checkpoint)) {
    const TensorTable& table = checkpoint_->tensors;
    state_.resize(table.size());
    sums_.resize(table.size());
    // Tied weights are the same view of the same storage: once is enough.
    std::set<std::tuple<std::uint32_t, std::uint64_t, std::uint64_t, DType>> seen;
    std::map<std::string, std::uint64_t> unknown;
    std::uint64_t tensors = 0;
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
        ++tensors;
        if (!again) state_[i] = State::Here;
    }
    for (const auto& [dtype, count] : unknown)
        context_.notDone({}, fmt::format("the values of {}", countText(count, "tensor")),
                         fmt::format("they are of type {}", dtype));
    valuesDone_ = fmt::format("the values of {}", countText(tensors, "tensor"));
}

void ValueCheck::addRuns(TensorId id, std::vector<ElementRun>& runs) const {
    const TensorTable& table = checkpoint_->tensors;
    const Storage& storage = table.storage(id);
    const std::uint64_t elementBytes = bitWidth(table.dtype(id)) / 8;
    // What is not stored as it is seen, or not in a row, is left to a TensorReader.
    if (!table.contiguous(id) || table.isLazyView(id) || storage.headerCount != Storage::kNoHeader) return;
    const std::uint64_t before = table.storageOffsetElems(id) * elementBytes;
    const auto fileOf = [this](FileId file) { return checkpoint_->files[file.index()].mapping.get(); };
    if (storage.encoding == StorageEncoding::Chunked) {
        const ChunkedTensor& whole = table.chunked(table.storageId(id));
        const bool inRows = std::ranges::all_of(whole.chunks, [&](const TensorChunk& chunk) {
            return !chunk.bigEndian && fileOf(chunk.file) != nullptr && isContiguous(chunk.shape, chunk.strideElems);
        });
        if (!inRows || table.nbytes(id) != storage.bytes) return;
        for (const TensorChunk& chunk : whole.chunks) {
            const auto elements = elementCount(chunk.shape);
            runs.push_back({fileOf(chunk.file), chunk.offset + chunk.originElems * elementBytes, 0,
                            elements.value_or(0) * elementBytes, id, false, kNoOffset});
        }
    } else if (storage.file.valid() && fileOf(storage.file) != nullptr && !storage.bigEndian) {
        const bool deflated = storage.encoding == StorageEncoding::Deflated;
        runs.push_back({fileOf(storage.file), storage.offset + (deflated ? 0 : before), deflated ? before : 0,
                        table.nbytes(id), id, deflated,
                        deflated || storage.headerOffset != Storage::kNoHeader ? storage.offset : kNoOffset});
    }
}

std::vector<ElementRun> ValueCheck::runs() const {
    std::vector<ElementRun> runs;
    for (std::uint32_t i = 0; i < state_.size(); ++i)
        if (state_[i] == State::Here) addRuns(TensorId(i), runs);
    return runs;
}

std::uint64_t ValueCheck::bytes() const {
    std::uint64_t bytes = 0;
    for (std::uint32_t i = 0; i < state_.size(); ++i)
        if (state_[i] == State::Here) bytes += checkpoint_->tensors.nbytes(TensorId(i));
    return bytes;
}

void ValueCheck::add(TensorId id, const TensorStats& part) {
    const std::scoped_lock lock(mutex_);
    Summary& sum = sums_[id.index()];
    sum.count += part.count;
    sum.nan += part.nan;
    sum.inf += part.inf;
    sum.zero += part.zero;
    if (part.nan + part.inf == part.count) return;
    sum.min = std::min(sum.min, part.min);
    sum.max = std::max(sum.max, part.max);
}

void ValueCheck::readApart(TensorId id) {
    const std::scoped_lock lock(mutex_);
    state_[id.index()] = State::Here;
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
}

Result<void> ValueCheck::read(const Piece& piece, TensorReader& reader, std::span<std::byte> buffer) {
    const DType dtype = checkpoint_->tensors.dtype(piece.tensor);
    const std::uint64_t elementBytes = bitWidth(dtype) / 8;
    StatsAccumulator stats(dtype);
    for (std::uint64_t done = 0; done < piece.elements;) {
        if (context_.stop.stop_requested()) return cancelled();
        const std::uint64_t count = std::min(piece.elements - done, buffer.size() / elementBytes);
        const auto part = buffer.first(static_cast<std::size_t>(count * elementBytes));
        auto read = reader.readElements(piece.tensor, piece.first + done, part);
        if (read) read = stats.add(part);
        if (!read) {
            const std::scoped_lock lock(mutex_);
            auto& failure = failures_.try_emplace(piece.tensor.value, Failure{piece.first, {}}).first->second;
            if (failure.what.empty() || piece.first < failure.first)
                failure = {piece.first, std::move(read.error().what)};
            break;
        }
        done += count;
        context_.progress.advance(part.size());
    }
    add(piece.tensor, stats.result());
    return {};
}

Result<void> ValueCheck::run() {
    const std::uint64_t bytesHere = bytes();
    for (std::uint32_t i = 0; i < state_.size(); ++i) {
        if (state_[i] != State::Here) continue;
        sums_[i] = {};
        cut(TensorId(i));
    }
    const auto makeWork = [this]() -> ItemWork {
        const auto reader = std::make_shared<TensorReader>(checkpoint_);
        const auto buffer = std::make_shared<std::vector<std::byte>>(static_cast<std::size_t>(kPieceBytes));
        return [this, reader, buffer](std::size_t i) { return read(pieces_[i], *reader, *buffer); };
    };
    if (!pieces_.empty()) TRY_VOID(runWorkers(pieces_.size(), context_.threads, makeWork, context_.stop));
    for (std::uint32_t i = 0; i < state_.size(); ++i)
        if (state_[i] != State::Skipped) judge(TensorId(i));
    context_.report.done.push_back(valuesDone_);
    context_.report.bytesRead += bytesHere;
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

void ValueCheck::judge(TensorId id) const {
    const Summary& summary = sums_[id.index()];
    const TensorTable& table = checkpoint_->tensors;
    const std::string name = inQuotes(table.name(id));
    const auto share = [&](std::uint64_t n) { return fmt::format("{} of {} values", n, summary.count); };
    if (const auto failure = failures_.find(id.value); failure != failures_.end())
        return context_.find(rules::kReadFailed, placeOf(id), failure->second.what);
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
