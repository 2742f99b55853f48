// SPDX-License-Identifier: GPL-3.0-or-later
#include <cstring>

#include "io/direct_file.h"
#include "load/lane.h"
#include "load/state_storage.h"
#include "memory/stream_buffers.h"
#include "tensor/cast.h"

namespace plimsoll {

namespace {

class HostLane final : public Lane {
public:
    explicit HostLane(const ModuleTree& tree) : tree_(tree) {}

    Result<Place> place(std::span<const Piece> pieces, std::uint64_t offset, std::uint64_t bytes) override {
        if (isDirect(pieces)) return Place{slotBytes(pieces.front()), true};
        return Place{staging_.bytes().subspan(static_cast<std::size_t>(offset % DirectFile::kAlignment),
                                              static_cast<std::size_t>(bytes)),
                     false};
    }

    Result<void> deliver(std::span<const Piece> pieces, std::span<const std::byte> block) override {
        if (isDirect(pieces)) return {};
        for (const Piece& piece : pieces) {
            const auto bytes =
                block.subspan(static_cast<std::size_t>(piece.blockOffset), static_cast<std::size_t>(piece.bytes));
            if (tree_.slots()[piece.slot].casts())
                TRY_VOID(cast(piece, bytes));
            else
                std::memcpy(slotBytes(piece).data(), bytes.data(), bytes.size());
        }
        return {};
    }

    Result<void> finish() override { return {}; }

private:
    // Whether the block's bytes are the slot's own, which needs no copy.
    [[nodiscard]] bool isDirect(std::span<const Piece> pieces) const {
        return pieces.size() == 1 && !tree_.slots()[pieces.front().slot].casts();
    }

    // A piece holds whole elements of the stored type.
    [[nodiscard]] Result<void> cast(const Piece& piece, std::span<const std::byte> bytes) const {
        const auto& slot = tree_.slots()[piece.slot];
        const DType from = tree_.checkpoint().tensors.dtype(slot.tensor);
        const std::uint64_t storedBytes = at::elementSize(slot.stored);
        const std::uint64_t castBytes = at::elementSize(slot.type);
        const auto out = hostBytes(slot.value)
                             .subspan(static_cast<std::size_t>(piece.slotOffset / storedBytes * castBytes),
                                      static_cast<std::size_t>(piece.bytes / storedBytes * castBytes));
        return castElements(from, bytes, *tree_.target(), out);
    }

    [[nodiscard]] std::span<std::byte> slotBytes(const Piece& piece) const {
        return hostBytes(tree_.slots()[piece.slot].value)
            .subspan(static_cast<std::size_t>(piece.slotOffset), static_cast<std::size_t>(piece.bytes));
    }

    const ModuleTree& tree_;
    PageBuffer staging_{static_cast<std::size_t>(stream_buffers::kBlockBytes + DirectFile::kAlignment)};
};

}  // namespace

std::unique_ptr<Lane> makeHostLane(const ModuleTree& tree) {
    return std::make_unique<HostLane>(tree);
}

}  // namespace plimsoll
