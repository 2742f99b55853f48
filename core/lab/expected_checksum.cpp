// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "checkpoint/distinct_tensors.h"
#include "checkpoint/tensor_reader.h"
#include "lab/checksum.h"
#include "lab/supervisor.h"
#include "tensor/cast.h"

namespace plimsoll {

namespace {

// Whole elements of every dtype fit.
constexpr std::uint64_t kBlockBytes = 4 * limits::MiB;

// Casts what is read to the checksum's type.
class Caster {
public:
    Caster(DType from, DType to) : from_(from), to_(to) {}

    Result<std::span<const std::byte>> operator()(std::span<const std::byte> part) {
        if (from_ == to_) return part;
        cast_.resize(part.size() * bitWidth(to_) / bitWidth(from_));
        TRY_VOID(castElements(from_, part, to_, cast_));
        return std::span<const std::byte>(cast_);
    }

private:
    DType from_;
    DType to_;
    std::vector<std::byte> cast_;
};

Result<void> addTensor(ModelChecksum& checksum, TensorReader& reader, const TensorTable& tensors, TensorId id,
                       std::optional<DType> target, std::vector<std::byte>& block, ProgressSink& progress,
                       const std::stop_token& stop) {
    const DType dtype = dtypeAs(tensors, id, target);
    Caster cast(tensors.dtype(id), dtype);
    checksum.beginTensor(tensors.name(id), dtype, tensors.shape(id), dtype != tensors.dtype(id));
    const std::uint64_t total = tensors.nbytes(id);
    // Packed and opaque dtypes are read by the byte, all others by whole elements.
    const std::uint32_t bits = bitWidth(tensors.dtype(id));
    const std::uint64_t elementBytes = bits != 0 && bits % 8 == 0 ? bits / 8 : 1;
    for (std::uint64_t at = 0; at < total;) {
        if (stop.stop_requested()) return cancelled();
        const auto part = std::span(block).first(static_cast<std::size_t>(std::min(kBlockBytes, total - at)));
        TRY_VOID(reader.readElements(id, at / elementBytes, part));
        TRY(const auto elements, cast(part));
        checksum.add(elements);
        progress.advance(part.size());
        at += part.size();
    }
    return {};
}

}  // namespace

Result<std::string> expectedChecksum(const std::shared_ptr<const Checkpoint>& checkpoint, std::optional<DType> target,
                                     ProgressSink& progress, const std::stop_token& stop) {
    if (isRemote(*checkpoint))
        return fail(Errc::Unsupported, "load tests read files of this machine; download the checkpoint first");
    const TensorTable& tensors = checkpoint->tensors;
    TensorReader reader(checkpoint);
    ModelChecksum checksum;
    std::vector<std::byte> block(static_cast<std::size_t>(kBlockBytes));
    for (const TensorId id : checksumOrder(tensors))
        TRY_VOID(addTensor(checksum, reader, tensors, id, target, block, progress, stop));
    return checksum.hex();
}

}  // namespace plimsoll
