// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/result.h"
#include "formats/reader.h"
#include "pickle/machine.h"

namespace plimsoll {

// For pickles that hold no tensors: nothing in them is understood.
class PlainResolver final : public PickleResolver {
public:
    Result<std::optional<Value>> persistent(ValueTree&, Value) override { return std::nullopt; }
    Result<std::optional<Value>> reduce(ValueTree&, Value, Value) override { return std::nullopt; }
};

// The root of a pickle without tensors, in `tree`. Its globals join the checkpoint's also where it breaks, and so do
// those of the pickles behind it, which are a warning.
//   startOffset  file offset of bytes[0]
[[nodiscard]] Result<Value> readPlainPickle(FileBeingRead& file, ValueTree& tree, std::span<const std::byte> bytes,
                                            std::uint64_t startOffset);

// An attribute of an object as its class's __reduce__ left it; nothing where the object has none of that name.
[[nodiscard]] std::optional<Value> attributeOf(const ValueTree& tree, Value object, std::string_view name);

}  // namespace plimsoll
