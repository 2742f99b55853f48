// SPDX-License-Identifier: GPL-3.0-or-later
#include <cstddef>
#include <cstdint>

#include "pickle/machine.h"
#include "pickle/scanner.h"

namespace {

// Understands nothing, as a plain pickle has it.
class NoResolver final : public plimsoll::PickleResolver {
public:
    plimsoll::Result<std::optional<plimsoll::Value>> persistent(plimsoll::ValueTree&, plimsoll::Value) override {
        return std::nullopt;
    }
    plimsoll::Result<std::optional<plimsoll::Value>> reduce(plimsoll::ValueTree&, plimsoll::Value,
                                                            plimsoll::Value) override {
        return std::nullopt;
    }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto bytes = std::as_bytes(std::span(data, size));
    const auto scan = plimsoll::scanPickle(bytes);
    plimsoll::ValueTree tree;
    NoResolver resolver;
    if (const auto root = plimsoll::runPickle(tree, {bytes}, scan, resolver)) (void)plimsoll::repr(tree, root->value);
    return 0;
}
