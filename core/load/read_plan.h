// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/ids.h"
#include "base/limits.h"
#include "load/module_tree.h"

namespace plimsoll {

// Bytes of one slot that a block brings.
struct Piece {
    std::size_t slot = 0;
    std::uint64_t slotOffset = 0;
    std::uint64_t blockOffset = 0;
    std::uint64_t bytes = 0;
};

// One read: a run of a file, and where its parts belong.
struct Block {
    FileId file;
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;  // at most stream_buffers::kBlockBytes
    std::size_t firstPiece = 0;
    std::size_t pieceCount = 0;
};

// How to bring every slot's bytes from the files in one pass, in file order. Pure: nothing is read.
struct ReadPlan {
    static constexpr std::uint64_t kGapBytes = 16 * limits::KiB;

    std::vector<Block> blocks;
    std::vector<Piece> pieces;
    std::vector<std::size_t>
        gathered;  // slots whose bytes are not a run of a file: strided, compressed, big-endian, conjugate

    [[nodiscard]] std::span<const Piece> piecesOf(const Block& block) const {
        return std::span(pieces).subspan(block.firstPiece, block.pieceCount);
    }
};

// The offset in its file of a slot's bytes, where they are there as they are needed: one run, little-endian.
[[nodiscard]] std::optional<std::uint64_t> plainFileOffset(const TensorTable& tensors, TensorId id);

[[nodiscard]] ReadPlan planReads(const ModuleTree& tree);

}  // namespace plimsoll
