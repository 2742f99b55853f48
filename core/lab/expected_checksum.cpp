// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "checkpoint/tensor_reader.h"
#include "lab/checksum.h"
#include "lab/supervisor.h"

namespace plimsoll {

namespace {

// Whole elements of every dtype fit.
constexpr std::uint64_t kBlockBytes = 4 * limits::MiB;

Result<void> addTensor(ModelChecksum& checksum, TensorReader& reader, const TensorTable& tensors, TensorId id,
                       std::vector<std::byte>& block, ProgressSink& progress, const std::stop_token& stop) {
    checksum.beginTensor(tensors.name(id), tensors.dtype(id), tensors.shape(id));
    const std::uint64_t total = tensors.nbytes(id);
    // Packed and opaque dtypes are read by the byte, all others by whole elements.
    const std::uint32_t bits = bitWidth(tensors.dtype(id));
    const std::uint64_t elementBytes = bits != 0 && bits % 8 == 0 ? bits / 8 : 1;
    for (std::uint64_t at = 0; at < total;) {
        if (stop.stop_requested()) return cancelled();
        const auto part = std::span(block).first(static_cast<std::size_t>(std::min(kBlockBytes, total - at)));
        TRY_VOID(reader.readElements(id, at / elementBytes, part));
        checksum.add(part);
        progress.advance(part.size());
        at += part.size();
    }
    return {};
}

}  // namespace

Result<std::string> expectedChecksum(const std::shared_ptr<const Checkpoint>& checkpoint, ProgressSink& progress,
                                     std::stop_token stop) {
    const TensorTable& tensors = checkpoint->tensors;
    TensorReader reader(checkpoint);
    ModelChecksum checksum;
    std::vector<std::byte> block(static_cast<std::size_t>(kBlockBytes));
    for (const TensorId id : checksumOrder(tensors))
        TRY_VOID(addTensor(checksum, reader, tensors, id, block, progress, stop));
    return checksum.hex();
}

}  // namespace plimsoll
