// SPDX-License-Identifier: GPL-3.0-or-later
#include "convert/storage_plan.h"

#include <algorithm>
#include <numeric>
#include <optional>

#include <fmt/format.h>

#include "base/checked.h"
#include "base/glob.h"
#include "convert/refusals.h"
#include "convert/stop_check.h"
#include "tensor/dequantize.h"
#include "tensor/layout.h"

namespace plimsoll {

namespace {

// The strictest alignment of any element type: a range that starts at a multiple of it serves views of every type.
constexpr std::uint64_t kWidestElement = 16;

std::uint64_t bytesPerElement(DType dtype) noexcept {
    const auto bits = bitWidth(dtype);
    return bits >= 8 ? bits / 8 : 1;
}

struct ByteRange {
    std::uint64_t begin = ~std::uint64_t{0};
    std::uint64_t end = 0;

    void include(ByteRange other) noexcept {
        begin = std::min(begin, other.begin);
        end = std::max(end, other.end);
    }
    [[nodiscard]] bool empty() const noexcept { return begin >= end; }
    [[nodiscard]] std::uint64_t bytes() const noexcept { return empty() ? 0 : end - begin; }
};

// The bytes of its storage that a tensor can touch; empty for a tensor without elements.
Result<ByteRange> rangeOf(const TensorTable& table, TensorId id) {
    if (table.nbytes(id) == 0) return ByteRange{};
    const auto dtype = table.dtype(id);
    if (bitWidth(dtype) % 8 != 0) return ByteRange{0, table.nbytes(id)};  // safetensors' packed types: no views
    TRY(const auto extent, extentElems(table.shape(id), table.stride(id), table.storageOffsetElems(id)));
    const auto end = checkedMul(extent, bytesPerElement(dtype));
    if (!end) return fail(Errc::Overflow, fmt::format("tensor '{}' does not fit 64 bits", table.name(id)));
    return ByteRange{table.storageOffsetElems(id) * bytesPerElement(dtype), *end};
}

class Grouping {
public:
    Grouping(const Checkpoint& source, std::span<const Selection::Pick> picks, std::span<const StorageId> whole,
             const std::stop_token& stop)
        : table_(source.tensors), picks_(picks), stop_(stop), isWhole_(table_.storages().size(), false) {
        for (const auto id : whole) isWhole_[id.index()] = true;
    }

    Result<StoragePlan> run(std::span<const StorageId> whole) {
        Refusals refusals;
        for (const auto& pick : picks_) {
            if (stop_.stopped()) return cancelled();
            if (auto held = checkTorchHolds(table_, pick); !held)
                TRY_VOID(refusals.add(std::move(held.error()), pick.name));
        }
        TRY_VOID(refusals.result());
        plan_.views.resize(picks_.size());
        plan_.storages.reserve(whole.size() + picks_.size());
        std::vector<std::uint32_t> order(picks_.size());
        std::iota(order.begin(), order.end(), 0U);
        const auto storageOf = [this](std::uint32_t i) { return table_.storageId(picks_[i].id); };
        if (!std::ranges::is_sorted(order, {}, storageOf)) std::ranges::stable_sort(order, {}, storageOf);
        for (const auto id : whole) TRY_VOID(addWhole(id));
        for (auto run = order.begin(); run != order.end();) {
            if (stop_.stopped()) return cancelled();
            const auto id = storageOf(*run);
            const auto end = std::find_if(run, order.end(), [&](std::uint32_t i) { return storageOf(i) != id; });
            TRY_VOID(addViews(id, std::span(run, end)));
            run = end;
        }
        noteShrunk();
        return std::move(plan_);
    }

private:
    struct Group {
        DType from;
        DType to;
        ByteRange range;
        std::vector<std::uint32_t> picks;
    };

    Result<void> addWhole(StorageId id) {
        const auto& storage = table_.storage(id);
        if (storage.encoding == StorageEncoding::Absent)
            return fail(Errc::Unsupported, fmt::format("storage '{}' has no bytes in this checkpoint", storage.key));
        if (storage.bigEndian && storage.dtype == DType::U8 && storage.bytes != 0) {
            return fail(
                Errc::Unsupported,
                fmt::format("storage '{}' is big-endian and of no known type, so it cannot be turned", storage.key));
        }
        const auto dtype = bitWidth(storage.dtype) >= 8 ? storage.dtype : DType::U8;
        plan_.whole.emplace_back(id, static_cast<std::uint32_t>(plan_.storages.size()));
        plan_.storages.push_back({id, {}, 0, dtype, dtype, storage.bytes / bytesPerElement(dtype), false, storage.key});
        return {};
    }

    Result<void> addViews(StorageId id, std::span<const std::uint32_t> members) {
        const bool bigEndian = table_.storage(id).bigEndian;
        const auto keptBefore = keptBytes_;
        std::vector<Group> groups;
        for (const auto i : members) {
            const auto from = table_.dtype(picks_[i].id);
            if (table_.isLazyView(picks_[i].id) || isQuantizedBlock(from)) {
                addElements(id, i);
                continue;
            }
            TRY(const auto range, rangeOf(table_, picks_[i].id));
            if (isWhole_[id.index()] && from == picks_[i].to && (!bigEndian || from == table_.storage(id).dtype)) {
                addToWhole(id, i);
                continue;
            }
            auto group =
                std::ranges::find_if(groups, [&](const Group& g) { return g.from == from && g.to == picks_[i].to; });
            if (group == groups.end()) group = groups.insert(group, Group{from, picks_[i].to, {}, {}});
            group->range.include(range);
            group->picks.push_back(i);
        }
        const bool casts = std::ranges::any_of(groups, [](const Group& g) { return g.from != g.to; });
        if (groups.size() > 1 && !casts && !bigEndian)
            addMixed(id, groups);
        else
            for (const auto& group : groups) addTyped(id, group);
        if (groups.size() > 1 || (!groups.empty() && isWhole_[id.index()])) noteSplit(groups, casts || bigEndian);
        const auto bytes = table_.storage(id).bytes;
        if (!isWhole_[id.index()] && bytes > keptBytes_ - keptBefore) unusedBytes_ += bytes - (keptBytes_ - keptBefore);
        return {};
    }

    void addToWhole(StorageId id, std::uint32_t pick) {
        const auto found = std::ranges::find(plan_.whole, id, [](const auto& pair) { return pair.first; });
        auto& storage = plan_.storages[found->second];
        if (storage.to != table_.dtype(picks_[pick].id)) storage.untyped = true;
        plan_.views[pick] = {found->second, table_.storageOffsetElems(picks_[pick].id)};
    }

    // Its values are not the stored bytes: they take their own place, in row-major order.
    void addElements(StorageId id, std::uint32_t pick) {
        const auto& [tensor, name, to] = picks_[pick];
        plan_.views[pick] = {static_cast<std::uint32_t>(plan_.storages.size()), 0};
        plan_.storages.push_back({id, tensor, 0, table_.dtype(tensor), to, table_.elements(tensor), false, name});
        keptBytes_ += table_.nbytes(tensor);
    }

    void addTyped(StorageId id, const Group& group) {
        const auto size = bytesPerElement(group.from);
        const auto begin = group.range.empty() ? 0 : group.range.begin;
        place(id, begin, group.from, group.to, group.range.bytes() / size, false, group.picks);
    }

    // Views of several types on the same bytes: torch tells them apart only on an untyped storage.
    void addMixed(StorageId id, std::span<const Group> groups) {
        ByteRange range;
        std::vector<std::uint32_t> members;
        for (const auto& group : groups) {
            range.include(group.range);
            members.insert(members.end(), group.picks.begin(), group.picks.end());
        }
        std::ranges::sort(members);
        const auto begin = range.empty() ? 0 : range.begin / kWidestElement * kWidestElement;
        place(id, begin, DType::U8, DType::U8, range.empty() ? 0 : range.end - begin, true, members);
    }

    void place(StorageId id, std::uint64_t begin, DType from, DType to, std::uint64_t elements, bool untyped,
               std::span<const std::uint32_t> members) {
        const auto index = static_cast<std::uint32_t>(plan_.storages.size());
        plan_.storages.push_back({id, {}, begin, from, to, elements, untyped, picks_[members.front()].name});
        for (const auto i : members) {
            const auto tensor = picks_[i].id;
            const auto size = bytesPerElement(table_.dtype(tensor));
            const bool empty = table_.nbytes(tensor) == 0;
            plan_.views[i] = {index, empty ? 0 : table_.storageOffsetElems(tensor) - begin / size};
        }
        keptBytes_ += inputBytes(plan_.storages.back());
    }

    void noteSplit(std::span<const Group> groups, bool materialised) {
        const auto name = picks_[groups.front().picks.front()].name;
        if (materialised) {
            plan_.notes.push_back(
                fmt::format("tensors that share memory with '{}' are cast differently and no longer share it", name));
        } else {
            plan_.notes.push_back(fmt::format("tensors of several types share memory with '{}': kept as it is", name));
        }
    }

    void noteShrunk() {
        if (unusedBytes_ != 0)
            plan_.notes.push_back(
                fmt::format("{} of storage that no selected tensor uses are left out", formatByteSize(unusedBytes_)));
    }

    const TensorTable& table_;
    std::span<const Selection::Pick> picks_;
    StopCheck stop_;
    std::vector<bool> isWhole_;
    StoragePlan plan_;
    std::uint64_t keptBytes_ = 0;
    std::uint64_t unusedBytes_ = 0;
};

}  // namespace

Result<void> checkHasValues(const TensorTable& table, const Selection::Pick& pick) {
    if (!table.storageId(pick.id).valid() || table.storage(pick.id).encoding == StorageEncoding::Absent) {
        return fail(Errc::Unsupported,
                    fmt::format("tensor '{}' has no bytes: it is a meta tensor, or the file that holds them is missing",
                                pick.name));
    }
    if (table.storage(pick.id).bigEndian && isQuantizedBlock(table.dtype(pick.id))) {
        return fail(Errc::Unsupported, fmt::format("tensor '{}' has {} blocks of a big-endian file, which nothing here "
                                                   "unpacks",
                                                   pick.name, table.dtypeName(pick.id)));
    }
    return {};
}

Result<void> checkTorchHolds(const TensorTable& table, const Selection::Pick& pick) {
    const auto dtype = table.dtype(pick.id);
    const auto refuse = [&](std::string_view why) {
        return fail(Errc::Unsupported, fmt::format("tensor '{}' {}", pick.name, why));
    };
    if (bitWidth(pick.to) == 0)
        return refuse(fmt::format("is {}, which torch does not have", table.dtypeName(pick.id)));
    switch (dtype) {
        case DType::QI8:
        case DType::QU8:
        case DType::QI32:
        case DType::QU4X2:
        case DType::QU2X4:
            return refuse("is quantized, and its scale is not part of the tensor");
        case DType::F6_E2M3:
        case DType::F6_E3M2:
            return refuse("has 6-bit elements, which torch does not have");
        case DType::F4:
            if (table.shape(pick.id).empty() || table.shape(pick.id).back() % 2 != 0)
                return refuse("has an odd number of 4-bit elements in a row, which torch does not have");
            break;
        default:
            break;
    }
    return checkHasValues(table, pick);
}

Result<StoragePlan> planStorages(const Checkpoint& source, std::span<const Selection::Pick> picks,
                                 std::span<const StorageId> whole, const std::stop_token& stop) {
    return Grouping(source, picks, whole, stop).run(whole);
}

std::uint64_t outputBytes(const OutStorage& storage) noexcept {
    return storage.elements * bytesPerElement(storage.to);
}

std::uint64_t inputBytes(const OutStorage& storage) noexcept {
    return storage.elements * bytesPerElement(storage.from);
}

std::uint64_t countWritten(const TensorTable& table, std::span<const Selection::Pick> picks, const StoragePlan& plan) {
    std::vector<bool> written(table.storages().size(), false);
    for (const auto& storage : plan.storages) written[storage.source.index()] = true;
    return static_cast<std::uint64_t>(std::ranges::count_if(picks, [&](const Selection::Pick& pick) {
        const auto id = table.storageId(pick.id);
        return id.valid() && written[id.index()];
    }));
}

DType torchDType(DType dtype) noexcept {
    return dtype == DType::F4 ? DType::F4_E2M1FN_X2 : dtype;
}

}  // namespace plimsoll
