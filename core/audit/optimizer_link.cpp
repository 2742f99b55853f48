// SPDX-License-Identifier: GPL-3.0-or-later
#include "audit/optimizer_link.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <numeric>
#include <optional>
#include <unordered_map>
#include <utility>

#include "audit/role_names.h"
#include "checkpoint/distinct_tensors.h"
#include "checkpoint/name_index.h"

namespace plimsoll {

namespace {

// Groups of parameters beyond this are not linked: each costs a look at all weights.
constexpr std::size_t kMostGroups = 64;
constexpr std::size_t kKindsShown = 8;

struct StateName {
    std::string_view optimizer;  // path
    std::string_view key;        // of the parameter; empty where the name tells none
};

// "optimizer.state.12.exp_avg": "optimizer", "12".
StateName parseStateName(std::string_view name) {
    const auto whole = modulePath(name);
    std::size_t begin = 0;
    while (begin < whole.size()) {
        const auto dot = std::min(whole.find('.', begin), whole.size());
        if (whole.substr(begin, dot - begin) == "state" && dot < whole.size())
            return {whole.substr(0, begin > 0 ? begin - 1 : 0), whole.substr(dot + 1)};
        begin = dot + 1;
    }
    return {name.substr(0, name.find('.')), {}};
}

std::optional<std::uint64_t> numberOf(std::string_view key) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), number);
    if (error != std::errc() || end != key.data() + key.size()) return std::nullopt;
    return number;
}

// The parameter that a key of the state stands for, and its tensors.
struct Slot {
    std::string_view key;
    TensorId shaped;     // a tensor with the parameter's shape; invalid where only scalars were met
    TensorId parameter;  // the weight, once found
};

struct Optimizer {
    std::string_view path;
    std::vector<Slot> slots;
    std::unordered_map<std::string_view, std::uint32_t> slotOf;
    std::vector<std::pair<TensorId, std::uint32_t>> rows;  // with the slot of each
    std::vector<std::string_view> kinds;
    ByteSum sum;
    std::string how;
};

class Linking {
public:
    Linking(AuditReport& report, const ContentStructure& structure, std::span<const std::uint64_t> ownBytes)
        : report_(report), table_(report.checkpoint->tensors), structure_(structure), ownBytes_(ownBytes) {}

    void run() {
        collect();
        for (Optimizer& optimizer : optimizers_) {
            const bool numbered =
                std::ranges::all_of(optimizer.slots, [](const Slot& slot) { return numberOf(slot.key).has_value(); });
            if (optimizer.slots.empty())
                optimizer.how = "its names tell no parameters";
            else if (numbered)
                linkByOrder(optimizer);
            else
                linkByName(optimizer);
            publish(optimizer);
        }
    }

private:
    void collect() {
        std::unordered_map<std::string_view, std::size_t> index;
        for (std::uint32_t row = 0; row < table_.size(); ++row) {
            const TensorId id(row);
            if (report_.role(id) != Role::Optimizer) continue;
            const auto [path, key] = parseStateName(table_.name(id));
            const auto [at, fresh] = index.try_emplace(path, optimizers_.size());
            if (fresh) optimizers_.emplace_back().path = path;
            add(optimizers_[at->second], id, key);
        }
    }

    void add(Optimizer& optimizer, TensorId id, std::string_view key) {
        ++optimizer.sum.tensors;
        optimizer.sum.bytes += table_.nbytes(id);
        optimizer.sum.ownBytes += ownBytes_[id.index()];
        const auto kind = lastComponent(table_.name(id));
        if (!key.empty() && optimizer.kinds.size() <= kKindsShown &&
            std::ranges::find(optimizer.kinds, kind) == optimizer.kinds.end())
            optimizer.kinds.push_back(kind);
        if (key.empty()) return;
        auto slot = static_cast<std::uint32_t>(optimizer.slots.size());
        if (slot > 0 && optimizer.slots.back().key == key)
            --slot;
        else
            slot = optimizer.slotOf.try_emplace(key, slot).first->second;
        if (slot == optimizer.slots.size()) optimizer.slots.push_back({key, {}, {}});
        if (kind != "step" && !optimizer.slots[slot].shaped.valid()) optimizer.slots[slot].shaped = id;
        optimizer.rows.emplace_back(id, slot);
    }

    void linkByName(Optimizer& optimizer) {
        if (!names_) {
            names_.emplace(table_);
            for (std::uint32_t row = 0; row < table_.size(); ++row)
                if (report_.role(TensorId(row)) != Role::Optimizer) names_->insert(TensorId(row));
        }
        std::vector<std::string> prefixes = {"", "model.", "module.", "state_dict.", "app.model."};
        if (!structure_.stateDictPath.empty()) prefixes.push_back(structure_.stateDictPath + ".");
        for (Slot& slot : optimizer.slots) {
            for (const std::string& prefix : prefixes) {
                const TensorId found = names_->find(prefix + std::string(slot.key));
                if (!found.valid()) continue;
                slot.parameter = found;
                break;
            }
        }
        optimizer.how = "by name";
    }

    void linkByOrder(Optimizer& optimizer) {
        collectParameters();
        const auto groups = groupsOf(optimizer);
        if (groups.size() > kMostGroups) {
            optimizer.how = "too many groups of parameters to match";
            return;
        }
        std::vector<bool> taken(parameters_.size(), false);
        bool all = true;
        for (const auto& group : groups) all = linkGroup(optimizer, group, taken) && all;
        optimizer.how = all ? "by the order of param_groups, where the shapes fit in one way only"
                            : "not all: the shapes fit no order of the weights, or several";
    }

    // The weights that an optimizer may have been given: floating-point, each tied one once, in the file's order.
    void collectParameters() {
        if (!parameters_.empty()) return;
        const auto distinct = distinctTensors(table_);
        for (const TensorId id : distinct.first)
            if (report_.role(id) == Role::Weight && isFloating(table_.dtype(id))) parameters_.push_back(id);
    }

    // Slots with a shape, in the order of param_groups, or by their numbers where that is not known.
    std::vector<std::vector<std::uint32_t>> groupsOf(const Optimizer& optimizer) const {
        std::vector<std::vector<std::uint32_t>> groups;
        const auto known = std::ranges::find(structure_.optimizers, optimizer.path, &ContentStructure::Optimizer::path);
        if (known != structure_.optimizers.end()) groups = groupsFromGraph(optimizer, known->value);
        if (!groups.empty()) return groups;
        groups.resize(1);
        for (std::uint32_t slot = 0; slot < optimizer.slots.size(); ++slot)
            if (optimizer.slots[slot].shaped.valid()) groups[0].push_back(slot);
        std::ranges::sort(groups[0], {}, [&](std::uint32_t slot) { return *numberOf(optimizer.slots[slot].key); });
        return groups;
    }

    std::vector<std::vector<std::uint32_t>> groupsFromGraph(const Optimizer& optimizer, Value value) const {
        const ValueTree& tree = report_.checkpoint->values;
        std::vector<std::vector<std::uint32_t>> groups;
        const auto list = tree.find(value, "param_groups");
        if (!list || list->kind != ValueKind::List) return groups;
        for (const Value group : tree.items(*list)) {
            const auto params = tree.find(group, "params");
            if (!params || params->kind != ValueKind::List) return {};
            auto& slots = groups.emplace_back();
            for (const Value param : tree.items(*params)) {
                if (param.kind != ValueKind::Int) return {};
                const auto found = optimizer.slotOf.find(std::to_string(tree.asInt(param)));
                if (found != optimizer.slotOf.end() && optimizer.slots[found->second].shaped.valid())
                    slots.push_back(found->second);
            }
        }
        return groups;
    }

    // A group is a part of the weights in their order: all, those that weight decay is for, or those that it is not.
    bool linkGroup(Optimizer& optimizer, std::span<const std::uint32_t> group, std::vector<bool>& taken) {
        constexpr std::array<std::pair<std::size_t, std::size_t>, 3> kRanks = {{{0, 64}, {2, 64}, {0, 1}}};
        for (const auto& [least, most] : kRanks) {
            std::vector<std::uint32_t> candidates;
            for (std::uint32_t i = 0; i < parameters_.size(); ++i) {
                const auto rank = table_.shape(parameters_[i]).size();
                if (!taken[i] && rank >= least && rank <= most) candidates.push_back(i);
            }
            if (!fitsOnce(optimizer, group, candidates)) continue;
            for (std::size_t i = 0; i < group.size(); ++i) {
                optimizer.slots[group[i]].parameter = parameters_[candidates[i]];
                taken[candidates[i]] = true;
            }
            return true;
        }
        return false;
    }

    [[nodiscard]] bool sameShape(const Slot& slot, std::uint32_t parameter) const {
        return std::ranges::equal(table_.shape(slot.shaped), table_.shape(parameters_[parameter]));
    }

    // Leaves in `candidates` those that the group's shapes match, in order: the earliest possible and the latest
    // possible choice must be the same.
    [[nodiscard]] bool fitsOnce(const Optimizer& optimizer, std::span<const std::uint32_t> group,
                                std::vector<std::uint32_t>& candidates) const {
        if (group.size() > candidates.size()) return false;
        std::vector<std::uint32_t> earliest;
        for (const std::uint32_t candidate : candidates)
            if (earliest.size() < group.size() && sameShape(optimizer.slots[group[earliest.size()]], candidate))
                earliest.push_back(candidate);
        if (earliest.size() < group.size()) return false;
        std::size_t left = group.size();
        for (std::size_t i = candidates.size(); i-- > 0 && left > 0;) {
            if (!sameShape(optimizer.slots[group[left - 1]], candidates[i])) continue;
            if (earliest[--left] != candidates[i]) return false;
        }
        candidates = std::move(earliest);
        return true;
    }

    void publish(const Optimizer& optimizer) {
        OptimizerState state;
        state.path = optimizer.path;
        state.sum = optimizer.sum;
        state.parameters = optimizer.slots.size();
        state.how = optimizer.how;
        for (std::size_t i = 0; i < optimizer.kinds.size() && i < kKindsShown; ++i)
            state.kind += (i > 0 ? ", " : "") + std::string(optimizer.kinds[i]);
        if (optimizer.kinds.size() > kKindsShown) state.kind += ", ...";
        for (const Slot& slot : optimizer.slots) state.linked += slot.parameter.valid() ? 1 : 0;
        if (state.linked > 0) {
            report_.parameterOf.resize(table_.size());
            for (const auto& [row, slot] : optimizer.rows)
                report_.parameterOf[row.index()] = optimizer.slots[slot].parameter;
        }
        report_.optimizers.push_back(std::move(state));
    }

    AuditReport& report_;
    const TensorTable& table_;
    const ContentStructure& structure_;
    std::span<const std::uint64_t> ownBytes_;
    std::vector<Optimizer> optimizers_;
    std::vector<TensorId> parameters_;
    std::optional<NameIndex> names_;
};

}  // namespace

void linkOptimizers(AuditReport& report, const ContentStructure& structure, std::span<const std::uint64_t> ownBytes) {
    Linking(report, structure, ownBytes).run();
}

}  // namespace plimsoll
