// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <vector>

#include "pickle/value.h"

namespace plimsoll {

// A set of containers of one tree, a bit each. The tree must not grow meanwhile.
class ValueMarks {
public:
    explicit ValueMarks(const ValueTree& tree) {
        for (const auto kind :
             {ValueKind::Tuple, ValueKind::List, ValueKind::Dict, ValueKind::Object, ValueKind::Persistent})
            bits_[numbering(kind)].resize(tree.identityLimit(kind));
    }

    // False where the container was in the set before. Empty tuples have no identity and are never in it.
    bool insert(Value container) {
        if (isEmptyTuple(container)) return true;
        auto bit = bits_[numbering(container.kind)][ValueTree::identity(container)];
        const bool before = bit;
        bit = true;
        return !before;
    }
    [[nodiscard]] bool contains(Value container) const {
        return !isEmptyTuple(container) && bits_[numbering(container.kind)][ValueTree::identity(container)];
    }

private:
    static bool isEmptyTuple(Value v) noexcept { return v.kind == ValueKind::Tuple && v.length == 0; }
    static std::size_t numbering(ValueKind kind) noexcept {
        switch (kind) {
            case ValueKind::Tuple:
                return 0;
            case ValueKind::Dict:
                return 1;
            case ValueKind::Object:
                return 2;
            case ValueKind::Persistent:
                return 3;
            default:
                return 4;  // List, Set, FrozenSet
        }
    }

    std::array<std::vector<bool>, 5> bits_;
};

}  // namespace plimsoll
