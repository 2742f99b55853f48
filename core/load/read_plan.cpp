// SPDX-License-Identifier: GPL-3.0-or-later
#include "load/read_plan.h"

#include <algorithm>
#include <tuple>

#include "base/checked.h"
#include "io/direct_file.h"
#include "memory/stream_buffers.h"

namespace plimsoll {

namespace {

struct Extent {
    FileId file;
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;
    std::size_t slot = 0;
    bool cast = false;
};

// Blocks of one large slot, cut at the file's page boundaries so that only its two ends are parts of a page.
// What is cast goes through a buffer anyway, and is cut between elements.
void addLarge(ReadPlan& plan, const Extent& extent) {
    for (std::uint64_t at = 0; at < extent.bytes;) {
        const std::uint64_t offset = extent.offset + at;
        const std::uint64_t full = stream_buffers::kBlockBytes - (extent.cast ? 0 : offset % DirectFile::kAlignment);
        const std::uint64_t bytes = std::min(full, extent.bytes - at);
        plan.blocks.push_back({extent.file, offset, bytes, plan.pieces.size(), 1});
        plan.pieces.push_back({extent.slot, at, 0, bytes});
        at += bytes;
    }
}

// Puts a small slot into the last block if that is one of small slots, near, and not full.
void addSmall(ReadPlan& plan, const Extent& extent, bool mayJoin) {
    const bool joins = mayJoin && plan.blocks.back().file == extent.file &&
                       extent.offset <= plan.blocks.back().offset + plan.blocks.back().bytes + ReadPlan::kGapBytes &&
                       extent.offset + extent.bytes <= plan.blocks.back().offset + stream_buffers::kBlockBytes;
    if (!joins) plan.blocks.push_back({extent.file, extent.offset, 0, plan.pieces.size(), 0});
    Block& block = plan.blocks.back();
    block.bytes = std::max(block.bytes, extent.offset + extent.bytes - block.offset);
    ++block.pieceCount;
    plan.pieces.push_back({extent.slot, 0, extent.offset - block.offset, extent.bytes});
}

}  // namespace

std::optional<std::uint64_t> plainFileOffset(const TensorTable& tensors, TensorId id) {
    if (tensors.storage(id).bigEndian || !tensors.contiguous(id) || tensors.isLazyView(id)) return std::nullopt;
    return tensors.fileOffset(id);
}

ReadPlan planReads(const ModuleTree& tree) {
    const TensorTable& tensors = tree.checkpoint().tensors;
    ReadPlan plan;
    std::vector<Extent> extents;
    for (std::size_t slot = 0; slot < tree.slots().size(); ++slot) {
        const TensorId id = tree.slots()[slot].tensor;
        const std::uint64_t bytes = tensors.nbytes(id);
        if (bytes == 0) continue;
        if (const auto offset = plainFileOffset(tensors, id))
            extents.push_back({tensors.storage(id).file, *offset, bytes, slot, tree.slots()[slot].casts()});
        else
            plan.gathered.push_back(slot);
    }
    std::sort(extents.begin(), extents.end(), [](const Extent& a, const Extent& b) {
        return std::tie(a.file, a.offset, a.slot) < std::tie(b.file, b.offset, b.slot);
    });
    bool afterSmall = false;
    for (const Extent& extent : extents) {
        const bool small = extent.bytes < stream_buffers::kSmallBytes;
        if (small)
            addSmall(plan, extent, afterSmall);
        else
            addLarge(plan, extent);
        afterSmall = small;
    }
    return plan;
}

}  // namespace plimsoll
