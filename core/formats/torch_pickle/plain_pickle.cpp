// SPDX-License-Identifier: GPL-3.0-or-later
#include "formats/torch_pickle/plain_pickle.h"

#include <fmt/format.h>

#include "pickle/scanner.h"

namespace plimsoll {

Result<Value> readPlainPickle(FileBeingRead& file, ValueTree& tree, std::span<const std::byte> bytes,
                              std::uint64_t startOffset) {
    const auto scan = scanPickle(bytes, startOffset, file.stop);
    mergeGlobals(file.checkpoint.globals, scan.globals);
    const auto behind = bytes.subspan(static_cast<std::size_t>(scan.endOffset - startOffset));
    if (!scan.broken && !behind.empty()) {
        mergeGlobals(file.checkpoint.globals, scanPickle(behind, scan.endOffset, file.stop).globals);
        file.warn(fmt::format("{} bytes follow the pickle, at byte {}", behind.size(), scan.endOffset));
    }
    PlainResolver resolver;
    TRY(const auto root, runPickle(tree, {bytes, startOffset, file.stop}, scan, resolver));
    if (!root.oddity.empty()) file.warn(fmt::format("the pickle at byte {}: {}", startOffset, root.oddity));
    return root.value;
}

std::optional<Value> attributeOf(const ValueTree& tree, Value object, std::string_view name) {
    if (object.kind != ValueKind::Object) return std::nullopt;
    const auto& states = tree.object(object).states;
    // A later BUILD replaces what an earlier one set.
    for (auto state = states.rbegin(); state != states.rend(); ++state)
        if (state->kind == ValueKind::Dict)
            if (const auto value = tree.find(*state, name)) return value;
    return std::nullopt;
}

}  // namespace plimsoll
