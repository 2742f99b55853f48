// SPDX-License-Identifier: GPL-3.0-or-later
#include "convert/plan.h"
#include "convert/work_queue.h"
#include "tensor/dequantize.h"

namespace plimsoll {

namespace {

// Bytes of so many of the record's elements in its source.
std::uint64_t bytesInSource(const PlannedRecord& record, std::uint64_t elements) noexcept {
    if (const auto block = blockShape(record.from); block.elements != 0) return elements / block.elements * block.bytes;
    const auto bits = bitWidth(record.from);
    return bits % 8 == 0 && bits != 0 ? elements * (bits / 8) : elements;
}

}  // namespace

std::uint64_t sourceBytes(const PlannedRecord& record) noexcept {
    return bytesInSource(record, record.elements);
}

std::uint64_t valueBytes(const PlannedRecord& record) noexcept {
    return isQuantizedBlock(record.from) ? record.elements * sizeof(float) : sourceBytes(record);
}

bool isCast(const PlannedRecord& record) noexcept {
    return valueType(record.from) != record.to;
}

std::uint64_t sourceBytesOf(const PlannedRecord& record, std::uint64_t outputBytes) noexcept {
    if (record.elements == 0) return 0;
    return bytesInSource(record, outputBytes / (record.destinationBytes / record.elements));
}

}  // namespace plimsoll
