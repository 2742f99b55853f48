// SPDX-License-Identifier: GPL-3.0-or-later
#include "convert/flat_state.h"

#include <cstdint>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>
#include <simdjson.h>

#include "base/limits.h"
#include "convert/value_walk.h"

namespace plimsoll {

namespace {

constexpr std::size_t kShownChars = 80;
// Entries below containers that were met before: a small pickle can name one a billion times.
constexpr std::uint64_t kRepeatedEntries = 1'000'000;

class Flattening {
public:
    explicit Flattening(const ValueTree& tree) : tree_(tree) {}

    Result<FlatState> run(Value root) {
        const auto pairs = mappingPairs(tree_, root);
        if (!pairs) {
            return fail(Errc::Unsupported,
                        fmt::format("torch.distributed.checkpoint holds dicts, the root here is of kind {}",
                                    kindName(root.kind)));
        }
        TRY_VOID(visit(root, ""));
        return std::move(state_);
    }

private:
    Result<void> visit(Value v, const std::string& name) {
        if (repeated_ != 0 && ++repeatedEntries_ > kRepeatedEntries)
            return fail(Errc::OverLimit,
                        fmt::format("dicts that are there twice give more than {} entries", kRepeatedEntries));
        const auto pairs = mappingPairs(tree_, v);
        if (!pairs && !(v.kind == ValueKind::List && holdsEntries(v))) return add(v, name);
        if (path_.size() > limits::kNestingDepth)
            return fail(Errc::OverLimit, "the state dict is nested too deeply, or holds itself");
        const bool again = !met_.insert(handle(v)).second;
        repeated_ += again ? 1 : 0;
        if (pairs) {
            if (pairs->empty()) drop(name, v);
            for (const auto& [key, item] : *pairs) TRY_VOID(below(keyText(tree_, key), item, name));
            if (v.kind == ValueKind::Object)
                for (const Value state : tree_.object(v).states) drop(joinPath(name, "(attributes)"), state);
        } else {
            std::int64_t place = 0;
            for (const Value item : tree_.items(v)) TRY_VOID(below(place++, item, name));
        }
        repeated_ -= again ? 1 : 0;
        return {};
    }

    Result<void> below(DcpKey key, Value item, const std::string& name) {
        const auto* const place = std::get_if<std::int64_t>(&key);
        const auto text = place != nullptr ? std::to_string(*place) : std::get<std::string>(key);
        const auto inner = path_.empty() ? text : fmt::format("{}.{}", name, text);
        path_.push_back(std::move(key));
        TRY_VOID(visit(item, inner));
        path_.pop_back();
        return {};
    }

    Result<void> add(Value v, const std::string& name) {
        if (!simdjson::validate_utf8(name))
            return fail(Errc::Unsupported, fmt::format("'{}' is no UTF-8 and cannot be the name of an entry", name));
        if (!names_.insert(name).second)
            return fail(Errc::Unsupported,
                        fmt::format("two entries are named '{}' when the state dict is taken apart", name));
        state_.items.push_back({name, path_, v});
        return {};
    }

    void drop(const std::string& name, Value v) {
        state_.dropped.push_back(fmt::format("{}: {}", name, repr(tree_, v, kShownChars)));
    }

    // Whether a tensor or a dict lies in it, or in a list in it.
    bool holdsEntries(Value list) {
        const auto [known, fresh] = holdsEntries_.try_emplace(ValueTree::identity(list), false);
        if (!fresh) return known->second;
        bool holds = false;
        for (const Value item : tree_.items(list))
            holds = holds || item.kind == ValueKind::Tensor || mappingPairs(tree_, item).has_value() ||
                    (item.kind == ValueKind::List && holdsEntries(item));
        return holdsEntries_[ValueTree::identity(list)] = holds;
    }

    static std::uint64_t handle(Value v) { return (v.bits << 5U) | static_cast<std::uint64_t>(v.kind); }

    const ValueTree& tree_;
    FlatState state_;
    std::vector<DcpKey> path_;
    std::unordered_set<std::string> names_;
    std::unordered_set<std::uint64_t> met_;
    std::unordered_map<std::uint64_t, bool> holdsEntries_;
    std::uint64_t repeated_ = 0;  // containers around the present value that were met before
    std::uint64_t repeatedEntries_ = 0;
};

}  // namespace

Result<FlatState> flattenState(const ValueTree& tree, Value root) {
    return Flattening(tree).run(root);
}

}  // namespace plimsoll
