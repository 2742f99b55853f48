// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/result.h"
#include "pickle/scanner.h"
#include "pickle/value.h"

namespace plimsoll {

// What a format makes of the shapes it knows while the machine runs; everything else stays a named node.
class PickleResolver {
public:
    virtual ~PickleResolver() = default;
    // BINPERSID/PERSID with this id. Nothing: kept as Persistent. An Error ends the run.
    [[nodiscard]] virtual Result<std::optional<Value>> persistent(ValueTree& tree, Value id) = 0;
    // REDUCE of this call. Nothing: kept as Object. The result must not refer to args' tuple items.
    [[nodiscard]] virtual Result<std::optional<Value>> reduce(ValueTree& tree, Value callable, Value args) = 0;
};

// Runs the opcodes of one pickle (protocols 0-5, all opcodes) on a stack of inert values and gives its root value.
// Nothing is imported, called or constructed. Texts of the result point into `pickle`, whose owner the caller hands to
// tree.keepAlive(). `scan` is scanPickle's answer for the same bytes: memo entries that are never read are not kept,
// and tuples that a resolver consumed are given back, so a state_dict of a million tensors costs no nodes for their
// parts.
//   errors  Corrupt/Truncated with the opcode's file offset; OverLimit for nesting and sizes (limits.h)
[[nodiscard]] Result<Value> runPickle(ValueTree& tree, std::span<const std::byte> pickle, std::uint64_t startOffset,
                                      const PickleScan& scan, PickleResolver& resolver);

}  // namespace plimsoll
