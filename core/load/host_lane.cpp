// SPDX-License-Identifier: GPL-3.0-or-later
#include <sys/mman.h>

#include <cstring>
#include <new>

#include "base/checked.h"
#include "io/direct_file.h"
#include "load/lane.h"
#include "load/state_storage.h"

namespace plimsoll {

namespace {

// Tensors from here on get pages of their own: at most one page more than they need.
constexpr std::uint64_t kOwnPagesBytes = limits::MiB;

class HostLane final : public Lane {
public:
    explicit HostLane(const ModuleTree& tree) : tree_(tree) {}

    Result<std::span<std::byte>> place(std::span<const Piece> pieces, std::uint64_t offset,
                                       std::uint64_t bytes) override {
        if (pieces.size() == 1) return slotBytes(pieces.front());
        return staging_.bytes().subspan(static_cast<std::size_t>(offset % DirectFile::kAlignment),
                                        static_cast<std::size_t>(bytes));
    }

    Result<void> deliver(std::span<const Piece> pieces, std::span<const std::byte> block) override {
        if (pieces.size() == 1) return {};
        for (const Piece& piece : pieces)
            std::memcpy(slotBytes(piece).data(), block.data() + piece.blockOffset,
                        static_cast<std::size_t>(piece.bytes));
        return {};
    }

    Result<void> finish() override { return {}; }

private:
    [[nodiscard]] std::span<std::byte> slotBytes(const Piece& piece) const {
        return hostBytes(tree_.slots()[piece.slot].value)
            .subspan(static_cast<std::size_t>(piece.slotOffset), static_cast<std::size_t>(piece.bytes));
    }

    const ModuleTree& tree_;
    PageBuffer staging_{static_cast<std::size_t>(ReadPlan::kBlockBytes + DirectFile::kAlignment)};
};

}  // namespace

std::unique_ptr<Lane> makeHostLane(const ModuleTree& tree) {
    return std::make_unique<HostLane>(tree);
}

at::Tensor hostTensorFor(const ModuleTree::Slot& slot, std::uint64_t bytes, std::uint64_t fileOffset) {
    const auto options = at::TensorOptions().dtype(slot.type);
    const std::uint64_t lead = fileOffset % DirectFile::kAlignment;
    if (bytes < kOwnPagesBytes || lead % at::elementSize(slot.type) != 0) return at::empty(slot.sizes, options);
    const auto length = static_cast<std::size_t>(alignUp(lead + bytes, DirectFile::kAlignment));
    void* pages = ::mmap(nullptr, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) throw std::bad_alloc();
    return at::from_blob(
        static_cast<std::byte*>(pages) + lead, slot.sizes, [pages, length](void*) { ::munmap(pages, length); },
        options);
}

}  // namespace plimsoll
