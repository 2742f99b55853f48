// SPDX-License-Identifier: GPL-3.0-or-later
#include "convert/checkpoint_blocks.h"

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "checkpoint/tensor_reader.h"
#include "tensor/cast.h"
#include "tensor/dequantize.h"

namespace plimsoll {

namespace {

class ConvertedBlocks {
public:
    ConvertedBlocks(std::shared_ptr<const Checkpoint> checkpoint, std::uint64_t blockBytes, Overflow overflow,
                    bool measuresLoss, const std::stop_token& stop, ReadAhead* ahead)
        : table_(checkpoint->tensors),
          blockBytes_(blockBytes),
          overflow_(overflow),
          measuresLoss_(measuresLoss),
          reader_(std::move(checkpoint), stop, ahead) {}

    Result<void> fill(const PlannedRecord& record, std::uint64_t offset, std::span<std::byte> out, CastLoss& loss) {
        if (!isCast(record)) return read(record, offset, out);
        const auto from = valueType(record.from);
        const auto fromSize = bitWidth(from) / 8;
        const auto toSize = bitWidth(record.to) / 8;
        raw_.resize(static_cast<std::size_t>(blockBytes_));  // once, and only where something is cast
        const auto raw = std::span(raw_).first(out.size() / toSize * fromSize);
        TRY_VOID(read(record, offset / toSize * fromSize, raw));
        TRY_VOID(castElements(from, raw, record.to, out, overflow_));
        return measuresLoss_ ? addCastLoss(from, raw, record.to, out, loss) : Result<void>();
    }

private:
    // offset: bytes of the elements before the cast.
    Result<void> read(const PlannedRecord& record, std::uint64_t offset, std::span<std::byte> out) {
        if (record.source == PlannedRecord::Source::TensorElements)
            return reader_.readValues(record.tensor, offset / (valueBytes(record) / record.elements), out);
        TRY_VOID(reader_.readStorage(record.storage, record.sourceOffset + offset, out));
        if (table_.storage(record.storage).bigEndian) swapElementBytes(record.from, out);
        return {};
    }

    const TensorTable& table_;
    std::uint64_t blockBytes_;
    Overflow overflow_;
    bool measuresLoss_;
    TensorReader reader_;
    std::vector<std::byte> raw_;
};

}  // namespace

BlockSource checkpointBlocks(const Plan& plan, std::uint64_t blockBytes, bool measuresLoss, const std::stop_token& stop,
                             ReadAhead* ahead) {
    const auto overflow = plan.recipe.saturate ? Overflow::Saturate : Overflow::AsTorch;
    auto blocks = std::make_shared<ConvertedBlocks>(plan.source, blockBytes, overflow, measuresLoss, stop, ahead);
    return [blocks = std::move(blocks)](const PlannedRecord& record, std::uint64_t offset, std::span<std::byte> out,
                                        CastLoss& loss) { return blocks->fill(record, offset, out, loss); };
}

void expectItem(const Plan& plan, const WorkItem& item, ReadAhead& ahead) {
    const TensorTable& table = plan.source->tensors;
    for (std::uint32_t i = 0; i < item.records; ++i) {
        const auto& record = plan.files[item.file].records[item.record + i];
        const Storage& storage = table.storage(record.storage);
        if (storage.encoding != StorageEncoding::Raw || !plan.source->files[storage.file.index()].mapping) continue;
        std::optional<std::uint64_t> start = storage.offset + record.sourceOffset;
        if (record.source == PlannedRecord::Source::TensorElements)
            start = table.contiguous(record.tensor) ? table.fileOffset(record.tensor) : std::nullopt;
        if (!start) continue;
        ahead.expect(plan.source->files[storage.file.index()].mapping->file(),
                     *start + sourceBytesOf(record, item.offset),
                     sourceBytesOf(record, item.records > 1 ? record.destinationBytes : item.bytes));
    }
}

WorkQueue::InOrder onlyForward(const Plan& plan) {
    return [&plan](const PlannedRecord& record) {
        return plan.source->tensors.storage(record.storage).encoding == StorageEncoding::Deflated;
    };
}

}  // namespace plimsoll
