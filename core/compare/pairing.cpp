// SPDX-License-Identifier: GPL-3.0-or-later
#include "compare/pairing.h"

#include <algorithm>
#include <deque>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace plimsoll {

namespace {

// Names that a suggestion is made from.
constexpr std::size_t kSampled = 2'000;
constexpr std::size_t kIndexed = 100'000;

// The rows of a table by name; rows of one name in their order.
class RowsByName {
public:
    explicit RowsByName(const TensorTable& table) : next_(table.size()) {
        first_.reserve(table.size());
        // From the end, so that each row is put before those of its name that follow it.
        for (auto row = static_cast<std::uint32_t>(table.size()); row-- > 0;) {
            TensorId& first = first_[table.name(TensorId(row))];
            next_[row] = first;
            first = TensorId(row);
        }
    }

    // The first row of this name that was not taken yet, or none.
    TensorId take(std::string_view name) {
        const auto found = first_.find(name);
        if (found == first_.end() || !found->second.valid()) return {};
        return std::exchange(found->second, next_[found->second.index()]);
    }

private:
    std::unordered_map<std::string_view, TensorId> first_;
    std::vector<TensorId> next_;
};

// What is left of a name after its first n components, from the whole name to its last component.
template <class Visit>
void forEachEnd(std::string_view name, const Visit& visit) {
    std::size_t at = 0;
    while (true) {
        if (!visit(name.substr(at))) return;
        const auto dot = name.find('.', at);
        if (dot == std::string_view::npos) return;
        at = dot + 1;
    }
}

std::string_view frontOf(std::string_view name, std::string_view end) {
    const auto front = name.substr(0, name.size() - end.size());
    return front.ends_with('.') ? front.substr(0, front.size() - 1) : front;
}

using Fronts = std::pair<std::string_view, std::string_view>;
struct HashFronts {
    std::size_t operator()(const Fronts& fronts) const noexcept {
        return std::hash<std::string_view>{}(fronts.first) * 31 + std::hash<std::string_view>{}(fronts.second);
    }
};

// The change of front that most of the names ask for.
Fronts likeliestFronts(const DiffReport& report) {
    const TensorTable& a = report.a->tensors;
    const TensorTable& b = report.b->tensors;
    std::unordered_map<std::string_view, TensorId> byEnd;  // an end that several names have leads to none
    for (std::size_t i = 0; i < std::min(report.added.size(), kIndexed); ++i) {
        forEachEnd(b.name(report.added[i]), [&](std::string_view end) {
            const auto [at, fresh] = byEnd.try_emplace(end, report.added[i]);
            if (!fresh) at->second = TensorId();
            return true;
        });
    }
    std::unordered_map<Fronts, std::size_t, HashFronts> votes;
    const std::size_t step = std::max<std::size_t>(1, report.removed.size() / kSampled);
    for (std::size_t i = 0; i < report.removed.size(); i += step) {
        const auto name = a.name(report.removed[i]);
        forEachEnd(name, [&](std::string_view end) {
            const auto found = byEnd.find(end);
            if (found == byEnd.end()) return true;
            if (found->second.valid() && std::ranges::equal(a.shape(report.removed[i]), b.shape(found->second)))
                ++votes[{frontOf(name, end), frontOf(b.name(found->second), end)}];
            return false;
        });
    }
    const auto most = std::ranges::max_element(votes, {}, [](const auto& vote) { return vote.second; });
    return most == votes.end() ? Fronts() : most->first;
}

}  // namespace

void pairTensors(DiffReport& report, const std::vector<RenameRule>& renames) {
    const TensorTable& a = report.a->tensors;
    const TensorTable& b = report.b->tensors;
    RowsByName rows(b);
    std::vector<bool> taken(b.size(), false);
    for (std::uint32_t row = 0; row < a.size(); ++row) {
        const TensorId id(row);
        const TensorId partner = renames.empty() ? rows.take(a.name(id)) : rows.take(renamed(a.name(id), renames));
        if (!partner.valid()) {
            report.removed.push_back(id);
            continue;
        }
        taken[partner.index()] = true;
        TensorPair pair{id, partner};
        pair.dtypeDiffers = a.dtype(id) != b.dtype(partner) || a.dtypeName(id) != b.dtypeName(partner);
        // Opaque tensors of one shape may have any size.
        pair.shapeDiffers = !std::ranges::equal(a.shape(id), b.shape(partner)) ||
                            (!pair.dtypeDiffers && a.nbytes(id) != b.nbytes(partner));
        report.pairs.push_back(pair);
    }
    for (std::uint32_t row = 0; row < b.size(); ++row)
        if (!taken[row]) report.added.emplace_back(row);
}

void suggestRename(DiffReport& report) {
    if (report.removed.empty() || report.added.empty()) return;
    const auto [from, to] = likeliestFronts(report);
    // A rule reads these otherwise.
    if (from == to || (std::string(from) + std::string(to)).find_first_of("*=") != std::string::npos) return;
    const std::string text = std::string(from) + "=" + std::string(to);
    const auto rule = RenameRule::parse(text);
    if (!rule) return;
    const TensorTable& a = report.a->tensors;
    const TensorTable& b = report.b->tensors;
    std::unordered_map<std::string_view, TensorId> added;
    for (const TensorId id : report.added) added.emplace(b.name(id), id);
    for (const TensorId id : report.removed) {
        const auto found = added.find(rule->apply(a.name(id)));
        if (found != added.end() && std::ranges::equal(a.shape(id), b.shape(found->second))) ++report.suggestedPairs;
    }
    if (report.suggestedPairs > 0) report.suggestedRename = text;
}

}  // namespace plimsoll
