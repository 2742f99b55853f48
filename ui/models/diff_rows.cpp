// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/diff_rows.h"

#include <algorithm>
#include <bit>
#include <numeric>

#include "checkpoint/name_tree.h"
#include "models/radix_order.h"

namespace plimsoll::ui {
namespace {

// Numbers that are 0 or more in the order of their bits.
std::uint64_t keyOf(double value) {
    return std::bit_cast<std::uint64_t>(value < 0 || value != value ? 0.0 : value);
}

class RowsBuilder {
public:
    RowsBuilder(const DiffReport& report, const DiffQuery& query) : report_(report), entries_(report), query_(query) {}

    void filter(DiffRows& rows, const std::stop_token& stop) const {
        const bool all = query_.filter.matchesAll();
        const auto matchedA = all ? std::vector<std::uint8_t>() : matchTensors(report_.a->tensors, query_.filter, stop);
        const auto matchedB = all ? std::vector<std::uint8_t>() : matchTensors(report_.b->tensors, query_.filter, stop);
        const auto matches = [](const std::vector<std::uint8_t>& matched, TensorId id) {
            return id.valid() && matched[id.index()] != 0;
        };
        for (std::size_t i = 0; i < entries_.size(); ++i) {
            if (!all && !matches(matchedA, entries_.a(i)) && !matches(matchedB, entries_.b(i))) continue;
            const DiffState state = entries_.state(i);
            ++rows.counts[static_cast<std::size_t>(state)];
            if (!query_.state || *query_.state == state) rows.entries.push_back(static_cast<std::uint32_t>(i));
        }
    }

    void sort(std::vector<std::uint32_t>& rows) const {
        if (query_.key == DiffSort::Name) {
            std::ranges::stable_sort(
                rows, [this](auto a, auto b) { return naturalLess(entries_.name(a), entries_.name(b)); });
            if (query_.descending) std::ranges::reverse(rows);
            return;
        }
        const std::uint64_t flip = query_.descending ? ~std::uint64_t{0} : 0;
        sortStably(rows, [&](std::uint32_t entry) { return key(entry) ^ flip; });
    }

private:
    [[nodiscard]] std::uint64_t key(std::size_t entry) const {
        switch (query_.key) {
            case DiffSort::State:
                return static_cast<std::uint64_t>(entries_.state(entry));
            case DiffSort::A:
                return bytes(*report_.a, entries_.a(entry));
            case DiffSort::B:
                return bytes(*report_.b, entries_.b(entry));
            default:
                return distance(entry);
        }
    }

    static std::uint64_t bytes(const Checkpoint& checkpoint, TensorId id) {
        return id.valid() ? checkpoint.tensors.nbytes(id) + 1 : 0;
    }

    // Above every number, below each other: other shape or type that cannot be compared, then tensors of one side.
    [[nodiscard]] std::uint64_t distance(std::size_t entry) const {
        const DiffState state = entries_.state(entry);
        const ValueDiff* values = entries_.values(entry);
        const bool measured = values != nullptr && values->state == ValueDiff::State::Compared;
        if (!measured) {
            const std::uint64_t top = keyOf(std::numeric_limits<double>::infinity());
            if (state == DiffState::Changed) return top + 3;
            return state == DiffState::OnlyA ? top + 2 : state == DiffState::OnlyB ? top + 1 : 0;
        }
        const Difference& difference = values->difference;
        switch (query_.key) {
            case DiffSort::Differing:
                return keyOf(difference.elements == 0 ? 0
                                                      : static_cast<double>(difference.differing) /
                                                            static_cast<double>(difference.elements));
            case DiffSort::MaxRel:
                return keyOf(difference.maxRel);
            case DiffSort::Rms:
                return keyOf(difference.rms);
            default:
                return keyOf(difference.maxAbs);
        }
    }

    const DiffReport& report_;
    DiffEntries entries_;
    const DiffQuery& query_;
};

}  // namespace

std::size_t DiffEntries::size() const noexcept {
    return report_.pairs.size() + report_.removed.size() + report_.added.size();
}

DiffState DiffEntries::state(std::size_t entry) const noexcept {
    if (entry < report_.pairs.size()) return report_.pairs[entry].same() ? DiffState::Same : DiffState::Changed;
    return entry - report_.pairs.size() < report_.removed.size() ? DiffState::OnlyA : DiffState::OnlyB;
}

TensorId DiffEntries::a(std::size_t entry) const noexcept {
    if (entry < report_.pairs.size()) return report_.pairs[entry].a;
    entry -= report_.pairs.size();
    return entry < report_.removed.size() ? report_.removed[entry] : TensorId();
}

TensorId DiffEntries::b(std::size_t entry) const noexcept {
    if (entry < report_.pairs.size()) return report_.pairs[entry].b;
    entry -= report_.pairs.size();
    return entry < report_.removed.size() ? TensorId() : report_.added[entry - report_.removed.size()];
}

std::string_view DiffEntries::name(std::size_t entry) const noexcept {
    const TensorId left = a(entry);
    return left.valid() ? report_.a->tensors.name(left) : report_.b->tensors.name(b(entry));
}

const ValueDiff* DiffEntries::values(std::size_t entry) const noexcept {
    return entry < report_.values.size() ? &report_.values[entry] : nullptr;
}

const TensorPair* DiffEntries::pair(std::size_t entry) const noexcept {
    return entry < report_.pairs.size() ? &report_.pairs[entry] : nullptr;
}

DiffRows buildDiffRows(std::shared_ptr<const DiffReport> report, const DiffQuery& query, const std::stop_token& stop) {
    DiffRows rows;
    const RowsBuilder builder(*report, query);
    builder.filter(rows, stop);
    if (stop.stop_requested()) return {};
    builder.sort(rows.entries);
    if (stop.stop_requested()) return {};
    rows.report = std::move(report);
    return rows;
}

}  // namespace plimsoll::ui
