// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <stop_token>
#include <string>

#include "base/result.h"
#include "pickle/scanner.h"
#include "pickle/tensor_run.h"
#include "pickle/value.h"

namespace plimsoll {

// What a format makes of the shapes it knows while the machine runs; everything else stays a named node. A storage may
// be asked for twice in a row (tensor(), then persistent()), and has to be the same one.
class PickleResolver {
public:
    virtual ~PickleResolver() = default;
    // BINPERSID/PERSID with this id. Nothing: kept as Persistent. An Error ends the run.
    [[nodiscard]] virtual Result<std::optional<Value>> persistent(ValueTree& tree, Value id) = 0;
    // REDUCE of this call. Nothing: kept as Object. The result must not refer to args' tuple items.
    [[nodiscard]] virtual Result<std::optional<Value>> reduce(ValueTree& tree, Value callable, Value args) = 0;

    // What a run's memo indices stand for. Its hooks are an empty OrderedDict.
    struct TensorRunNames {
        Value callable;  // a Global
        Value tag;
        Value type;
        Value location;
    };
    // All of a run at once: the answer of reduce() with that of persistent() in its arguments, where both are leaves.
    // Nothing, also where there is an error to tell: the machine then asks these two.
    [[nodiscard]] virtual std::optional<Value> tensor(ValueTree& /*tree*/, const TensorRunNames& /*names*/,
                                                      const TensorRun& /*run*/) {
        return std::nullopt;
    }
};

// The bytes of one pickle, and where they come from.
struct PickleSource {
    std::span<const std::byte> bytes;
    std::uint64_t offset = 0;  // of bytes[0] in the file
    std::stop_token stop = {};
    // What they take in the file where they were deflated: memory is granted in proportion.
    std::uint64_t storedBytes = ~std::uint64_t{0};
};

struct PickleRoot {
    Value value;
    // What no pickler does and loaders do not mind, in words ("STOP leaves 2 marks on the stack"); empty for a sound
    // one.
    std::string oddity;
};

// Runs the opcodes of one pickle (protocols 0-5, all opcodes) on a stack of inert values and gives its root value.
// Nothing is imported, called or constructed. Texts of the result point into the source's bytes, whose owner the caller
// hands to tree.keepAlive(). `scan` is scanPickle's answer for the same bytes: memo entries that are never read are not
// kept, and tuples that a resolver consumed are given back, so a state_dict of a million tensors costs no nodes for
// their parts.
//   errors  Corrupt/Truncated with the opcode's file offset; OverLimit for nesting, sizes and memory (limits.h);
//           Cancelled within 65,536 opcodes
[[nodiscard]] Result<PickleRoot> runPickle(ValueTree& tree, const PickleSource& source, const PickleScan& scan,
                                           PickleResolver& resolver);

}  // namespace plimsoll
