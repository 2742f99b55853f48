// SPDX-License-Identifier: GPL-3.0-or-later
#include "audit/storage_use.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <utility>

#include "audit/byte_marks.h"
#include "audit/view_bytes.h"
#include "checkpoint/distinct_tensors.h"

namespace plimsoll {

namespace {

class Measuring {
public:
    Measuring(const TensorTable& table, std::span<const std::uint8_t> rank) : table_(table), rank_(rank) {
        use_.ownBytes.resize(table.size());
    }

    StorageUse run() {
        sortByStorage();
        const auto storages = table_.storages();
        for (std::uint32_t s = 0; s < storages.size(); ++s) {
            const Storage& storage = storages[s];
            const auto members = std::span(members_).subspan(starts_[s], starts_[s + 1] - starts_[s]);
            if (members.size() > 1) prepareShared(members);
            if (storage.encoding == StorageEncoding::Absent) continue;
            use_.storageBytes += storage.bytes;
            use_.storedBytes += storage.storedBytes;
            const std::uint64_t used = members.size() == 1 ? measureOne(members[0]) : measureMany(members);
            if (used >= storage.bytes) continue;
            const std::uint64_t unused = storage.bytes - used;
            use_.unusedBytes += unused;
            use_.wastes.push_back({StorageId(s), members.empty() ? TensorId() : members[0], unused});
        }
        std::ranges::stable_sort(use_.wastes, std::greater(), &StorageWaste::unusedBytes);
        std::ranges::stable_sort(use_.tied, std::greater(), &TensorGroup::bytes);
        use_.exact = marks_.exact();
        return std::move(use_);
    }

private:
    // A counting sort: members_[starts_[s]..starts_[s+1]) are the rows on storage s, in table order.
    void sortByStorage() {
        starts_.assign(table_.storages().size() + 1, 0);
        const auto storageOf = [this](std::size_t row) {
            return table_.storageId(TensorId(static_cast<std::uint32_t>(row)));
        };
        for (std::size_t row = 0; row < table_.size(); ++row)
            if (storageOf(row).valid()) ++starts_[storageOf(row).index() + 1];
        std::partial_sum(starts_.begin(), starts_.end(), starts_.begin());
        members_.resize(starts_.back());
        auto next = starts_;
        for (std::uint32_t row = 0; row < table_.size(); ++row)
            if (storageOf(row).valid()) members_[next[storageOf(row).index()]++] = TensorId(row);
    }

    // Finds the tied ones among the tensors of a storage; then lower ranks first.
    void prepareShared(std::span<TensorId> members) {
        std::ranges::sort(members, [this](TensorId a, TensorId b) {
            const auto c = compareViews(table_, a, b);
            return c != 0 ? c < 0 : a < b;
        });
        for (auto run = members.begin(); run != members.end();) {
            const auto end =
                std::find_if(run, members.end(), [&](TensorId id) { return compareViews(table_, *run, id) != 0; });
            const std::uint64_t bytes = table_.nbytes(*run);
            if (end - run > 1 && bytes > 0) use_.tied.push_back({{run, end}, bytes});
            run = end;
        }
        std::ranges::sort(members, {}, [this](TensorId id) { return std::pair(rank_[id.index()], id); });
    }

    std::uint64_t measureOne(TensorId id) {
        const std::uint64_t nbytes = table_.nbytes(id);
        const std::uint64_t used = table_.contiguous(id) ? nbytes : marks_.measureOne(viewBytes(table_, id));
        use_.ownBytes[id.index()] = used;
        return used;
    }

    std::uint64_t measureMany(std::span<const TensorId> members) {
        std::vector<ViewBytes> views;
        views.reserve(members.size());
        for (const TensorId id : members) views.push_back(viewBytes(table_, id));
        const auto fresh = marks_.measure(views);
        for (std::size_t i = 0; i < members.size(); ++i) use_.ownBytes[members[i].index()] = fresh[i];
        return std::accumulate(fresh.begin(), fresh.end(), std::uint64_t{0});
    }

    const TensorTable& table_;
    std::span<const std::uint8_t> rank_;
    std::vector<std::size_t> starts_;
    std::vector<TensorId> members_;
    ByteMarks marks_;
    StorageUse use_;
};

}  // namespace

StorageUse measureStorages(const TensorTable& table, std::span<const std::uint8_t> rank) {
    return Measuring(table, rank).run();
}

}  // namespace plimsoll
