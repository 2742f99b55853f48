// SPDX-License-Identifier: GPL-3.0-or-later
#include "pickle/nesting.h"

#include <algorithm>
#include <span>
#include <vector>

#include <fmt/format.h>

namespace plimsoll {

namespace {

// Height of a container that was left; 0 for one that was not entered, kOpen for one on the path.
using Height = std::uint16_t;
constexpr Height kOpen = 0xffff;

// The n-th value that an object refers to, in the order in which picklers write them; nothing at its end.
std::optional<Value> objectChild(const ObjectParts& object, std::size_t n) {
    if (n == 0) return object.callable;
    if (n == 1) return object.args;
    if (n == 2) return object.kwargs;
    n -= 3;
    if (n < object.appended.size()) return object.appended[n];
    n -= object.appended.size();
    if (n / 2 < object.items.size()) return n % 2 == 0 ? object.items[n / 2].first : object.items[n / 2].second;
    n -= 2 * object.items.size();
    return n < object.states.size() ? std::optional(object.states[n]) : std::nullopt;
}

std::optional<Value> pairChild(std::span<const std::pair<Value, Value>> pairs, std::size_t n) {
    if (n / 2 >= pairs.size()) return std::nullopt;
    return n % 2 == 0 ? pairs[n / 2].first : pairs[n / 2].second;
}

std::optional<Value> childOf(const ValueTree& tree, Value v, std::size_t n) {
    switch (v.kind) {
        case ValueKind::Tuple:
        case ValueKind::List:
        case ValueKind::Set:
        case ValueKind::FrozenSet: {
            const auto items = tree.items(v);
            return n < items.size() ? std::optional(items[n]) : std::nullopt;
        }
        case ValueKind::Dict:
            return pairChild(tree.pairs(v), n);
        case ValueKind::Object:
            return objectChild(tree.object(v), n);
        case ValueKind::Persistent:
            return n == 0 ? std::optional(tree.persistentId(v)) : std::nullopt;
        default:
            return std::nullopt;
    }
}

class Walk {
public:
    Walk(const ValueTree& tree, std::uint32_t limit) : tree_(tree), limit_(std::min<std::uint32_t>(limit, kOpen - 1)) {
        for (const auto kind :
             {ValueKind::Tuple, ValueKind::List, ValueKind::Dict, ValueKind::Object, ValueKind::Persistent})
            heights(kind).resize(tree.identityLimit(kind));
    }

    // False where the limit is passed.
    bool run(Value root) {
        if (!enter(root)) return false;
        while (!path_.empty()) {
            auto& step = path_.back();
            if (const auto child = childOf(tree_, step.container, step.next++)) {
                if (!enter(*child)) return false;
            } else if (!leave()) {
                return false;
            }
        }
        return true;
    }

private:
    struct Step {
        Value container;
        std::size_t next = 0;
        Height height = 1;
    };

    std::vector<Height>& heights(ValueKind kind) {
        switch (kind) {
            case ValueKind::Tuple:
                return heights_[0];
            case ValueKind::Dict:
                return heights_[1];
            case ValueKind::Object:
                return heights_[2];
            case ValueKind::Persistent:
                return heights_[3];
            default:
                return heights_[4];
        }
    }

    bool enter(Value v) {
        if (!hasIdentity(v.kind) || (v.kind == ValueKind::Tuple && v.length == 0)) return true;
        auto& height = heights(v.kind)[ValueTree::identity(v)];
        if (height == kOpen) return true;
        if (height != 0) return raise(height);
        if (path_.size() >= limit_) return false;
        height = kOpen;
        path_.push_back({v, 0, 1});
        return true;
    }

    bool leave() {
        const Step done = path_.back();
        path_.pop_back();
        heights(done.container.kind)[ValueTree::identity(done.container)] = done.height;
        return raise(done.height);
    }

    // The container on top of the path holds one of this height.
    bool raise(Height height) {
        if (path_.empty()) return true;
        auto& above = path_.back().height;
        above = std::max<Height>(above, static_cast<Height>(height + 1));
        return above <= limit_;
    }

    const ValueTree& tree_;
    std::uint32_t limit_;
    std::vector<Height> heights_[5];
    std::vector<Step> path_;
};

}  // namespace

Result<void> checkNesting(const ValueTree& tree, Value root, std::uint32_t limit) {
    if (Walk(tree, limit).run(root)) return {};
    return fail(Errc::OverLimit, fmt::format("containers nest deeper than {}", limit));
}

}  // namespace plimsoll
