// SPDX-License-Identifier: GPL-3.0-or-later
#include "audit/identical.h"

#include <algorithm>
#include <compare>
#include <functional>
#include <tuple>
#include <utility>

#include <xxhash.h>

#include "audit/view_bytes.h"
#include "base/limits.h"
#include "base/workers.h"
#include "checkpoint/distinct_tensors.h"
#include "checkpoint/tensor_reader.h"

namespace plimsoll {

namespace {

constexpr std::uint64_t kBlockBytes = limits::MiB;  // whole elements of every type
constexpr std::uint64_t kSampleBytes = 4 * limits::KiB;

using Hash = std::pair<std::uint64_t, std::uint64_t>;

std::strong_ordering compareKinds(const TensorTable& table, TensorId a, TensorId b) {
    if (const auto c = table.nbytes(b) <=> table.nbytes(a); c != 0) return c;
    if (const auto c = table.dtypeName(a) <=> table.dtypeName(b); c != 0) return c;
    const auto left = table.shape(a);
    const auto right = table.shape(b);
    return std::lexicographical_compare_three_way(left.begin(), left.end(), right.begin(), right.end());
}

// Equal bytes that are the same bytes save nothing: of views that overlap one is kept.
void keepApart(const TensorTable& table, std::vector<TensorId>& group) {
    struct Span {
        StorageId storage;
        std::uint64_t begin;
        std::uint64_t end;
        TensorId id;
    };
    std::vector<Span> spans;
    for (const TensorId id : group) {
        const auto view = viewBytes(table, id);
        spans.push_back({table.storageId(id), view.begin, view.end(), id});
    }
    std::ranges::sort(spans, {}, [](const Span& s) { return std::tuple(s.storage, s.begin, s.id); });
    group.clear();
    const Span* last = nullptr;
    for (const Span& span : spans) {
        if (last != nullptr && last->storage == span.storage && span.begin < last->end) continue;
        group.push_back(span.id);
        last = &span;
    }
    std::ranges::sort(group);
}

struct Reading {
    TensorReader reader;
    std::vector<std::byte> block = std::vector<std::byte>(static_cast<std::size_t>(kBlockBytes));
};

std::uint64_t elementBytes(DType dtype) noexcept {
    const auto bits = bitWidth(dtype);
    return bits != 0 && bits % 8 == 0 ? bits / 8 : 1;
}

class XxhState {
public:
    XxhState() { XXH3_128bits_reset(state_); }
    XxhState(const XxhState&) = delete;
    XxhState& operator=(const XxhState&) = delete;
    ~XxhState() { XXH3_freeState(state_); }
    void add(std::span<const std::byte> bytes) { XXH3_128bits_update(state_, bytes.data(), bytes.size()); }
    [[nodiscard]] Hash hash() const {
        const auto hash = XXH3_128bits_digest(state_);
        return {hash.high64, hash.low64};
    }

private:
    XXH3_state_t* state_ = XXH3_createState();  // aligned to 64 bytes, which plain new does not promise
};

class Search {
public:
    Search(const std::shared_ptr<const Checkpoint>& checkpoint, unsigned threads, ProgressSink& progress,
           const std::stop_token& stop)
        : checkpoint_(checkpoint), table_(checkpoint->tensors), threads_(threads), progress_(progress), stop_(stop) {}

    Result<std::vector<TensorGroup>> run(const TensorCandidates& candidates) {
        TRY(auto likely, split(candidates, [this](Reading& r, TensorId id) { return sample(r, id); }));
        progress_.advance(candidateBytes(table_, candidates) - candidateBytes(table_, likely));
        TRY(auto equal, split(likely, [this](Reading& r, TensorId id) { return wholeHash(r, id); }));
        std::vector<TensorGroup> groups;
        for (auto& members : equal) {
            const auto bytes = table_.nbytes(members.front());
            groups.push_back({std::move(members), bytes});
        }
        std::ranges::stable_sort(groups, std::greater(),
                                 [](const TensorGroup& g) { return (g.members.size() - 1) * g.bytes; });
        return groups;
    }

private:
    // Cuts groups into those of equal hashes; what is left alone is dropped.
    template <class HashOf>
    Result<TensorCandidates> split(const TensorCandidates& groups, const HashOf& hashOf) {
        std::vector<TensorId> all;
        for (const auto& group : groups) all.insert(all.end(), group.begin(), group.end());
        // By place in the file, so that workers read ahead of each other and not across.
        std::ranges::sort(all, {}, [this](TensorId id) {
            return std::tuple(table_.storage(id).file, table_.storage(id).offset, table_.storageOffsetElems(id));
        });
        std::vector<Hash> hashes(table_.size());
        const auto makeWork = [&]() -> ItemWork {
            auto reading = std::make_shared<Reading>(Reading{TensorReader(checkpoint_, stop_)});
            return [&, reading](std::size_t item) -> Result<void> {
                TRY(hashes[all[item].index()], hashOf(*reading, all[item]));
                return {};
            };
        };
        TRY_VOID(runWorkers(all.size(), threads_, makeWork, stop_));
        TensorCandidates out;
        for (const auto& group : groups) {
            auto members = group;
            const auto hashOfMember = [&](TensorId id) { return hashes[id.index()]; };
            std::ranges::stable_sort(members, {}, hashOfMember);
            for (auto run = members.begin(); run != members.end();) {
                const auto end = std::find_if(run, members.end(),
                                              [&](TensorId id) { return hashes[id.index()] != hashes[run->index()]; });
                if (end - run > 1) out.emplace_back(run, end);
                run = end;
            }
        }
        return out;
    }

    // The first, middle and last elements. A compressed storage is read from its start whatever part is wanted.
    Result<Hash> sample(Reading& reading, TensorId id) {
        const std::uint64_t nbytes = table_.nbytes(id);
        if (table_.storage(id).encoding == StorageEncoding::Deflated) return Hash{};
        const std::uint64_t width = elementBytes(table_.dtype(id));
        const std::uint64_t part = std::min(nbytes, kSampleBytes) / width * width;
        const std::uint64_t last = nbytes - part;
        XxhState state;
        for (const std::uint64_t at : {std::uint64_t{0}, last / 2 / width * width, last}) {
            const auto bytes = std::span(reading.block).first(static_cast<std::size_t>(part));
            TRY_VOID(reading.reader.readElements(id, at / width, bytes));
            state.add(bytes);
        }
        return state.hash();
    }

    Result<Hash> wholeHash(Reading& reading, TensorId id) {
        const std::uint64_t nbytes = table_.nbytes(id);
        const std::uint64_t width = elementBytes(table_.dtype(id));
        XxhState state;
        for (std::uint64_t at = 0; at < nbytes; at += kBlockBytes) {
            if (stop_.stop_requested()) return cancelled();
            const auto bytes =
                std::span(reading.block).first(static_cast<std::size_t>(std::min(kBlockBytes, nbytes - at)));
            TRY_VOID(reading.reader.readElements(id, at / width, bytes));
            state.add(bytes);
            progress_.advance(bytes.size());
        }
        return state.hash();
    }

    const std::shared_ptr<const Checkpoint>& checkpoint_;
    const TensorTable& table_;
    unsigned threads_;
    ProgressSink& progress_;
    const std::stop_token& stop_;
};

}  // namespace

TensorCandidates identicalCandidates(const TensorTable& table) {
    std::vector<TensorId> rows;
    for (const TensorId id : distinctTensors(table).first)
        if (table.nbytes(id) > 0 && table.storage(id).encoding != StorageEncoding::Absent) rows.push_back(id);
    std::ranges::stable_sort(rows, [&](TensorId a, TensorId b) { return compareKinds(table, a, b) < 0; });
    TensorCandidates groups;
    for (auto run = rows.begin(); run != rows.end();) {
        const auto end = std::find_if(run, rows.end(), [&](TensorId id) { return compareKinds(table, *run, id) != 0; });
        if (end - run > 1) {
            std::vector<TensorId> group(run, end);
            keepApart(table, group);
            if (group.size() > 1) groups.push_back(std::move(group));
        }
        run = end;
    }
    return groups;
}

std::uint64_t candidateBytes(const TensorTable& table, const TensorCandidates& candidates) noexcept {
    std::uint64_t sum = 0;
    for (const auto& group : candidates) sum += group.size() * table.nbytes(group.front());
    return sum;
}

Result<std::vector<TensorGroup>> findIdentical(const std::shared_ptr<const Checkpoint>& checkpoint,
                                               const TensorCandidates& candidates, unsigned threads,
                                               ProgressSink& progress, const std::stop_token& stop) {
    return Search(checkpoint, threads, progress, stop).run(candidates);
}

}  // namespace plimsoll
