// SPDX-License-Identifier: GPL-3.0-or-later
#include "pickle/standard_calls.h"

#include <span>
#include <string>

#include "base/limits.h"
#include "pickle/literals.h"

namespace plimsoll {

namespace {

// Text whose code points are the bytes. Nothing where one is above 255.
std::optional<std::string> latin1(std::string_view text) {
    std::string bytes;
    bytes.reserve(text.size());
    while (!text.empty()) {
        const auto codePoint = takeUtf8(text);
        if (!codePoint || *codePoint > 0xff) return std::nullopt;
        bytes.push_back(static_cast<char>(*codePoint));
    }
    return bytes;
}

bool isLatin1Call(const ValueTree& tree, std::span<const Value> args) {
    if (args.size() != 2 || args[0].kind != ValueKind::String || args[1].kind != ValueKind::String) return false;
    const auto encoding = tree.text(args[1]);
    return encoding == "latin1" || encoding == "latin-1";
}

std::optional<Value> bytesOf(ValueTree& tree, ValueKind kind, std::span<const Value> args) {
    if (args.empty()) return tree.textCopy(kind, {});
    if (args.size() == 1 && args[0].kind == ValueKind::Bytes) return tree.textIn(kind, tree.text(args[0]));
    if (!isLatin1Call(tree, args) || tree.text(args[0]).size() > limits::kPickleDecodedBytes) return std::nullopt;
    const auto bytes = latin1(tree.text(args[0]));
    if (!bytes) return std::nullopt;
    return tree.textCopy(kind, *bytes);
}

std::optional<Value> setOf(ValueTree& tree, ValueKind kind, std::span<const Value> args) {
    if (args.size() != 1 || args[0].kind != ValueKind::List) return std::nullopt;
    const Value set = tree.set(kind);
    for (const Value item : tree.items(args[0])) tree.append(set, item);
    return set;
}

}  // namespace

std::optional<Value> standardCall(ValueTree& tree, Value callable, Value args) {
    if (callable.kind != ValueKind::Global) return std::nullopt;
    const auto module = tree.globalModule(callable);
    const auto name = tree.globalName(callable);
    const auto items = tree.items(args);
    if (module == "_codecs") {
        if (name == "encode" && isLatin1Call(tree, items)) return bytesOf(tree, ValueKind::Bytes, items);
        return std::nullopt;
    }
    if (module != "__builtin__" && module != "builtins") return std::nullopt;
    if (name == "bytes" && items.empty()) return bytesOf(tree, ValueKind::Bytes, items);
    if (name == "bytearray") return bytesOf(tree, ValueKind::ByteArray, items);
    if (name == "set") return setOf(tree, ValueKind::Set, items);
    if (name == "frozenset") return setOf(tree, ValueKind::FrozenSet, items);
    return std::nullopt;
}

}  // namespace plimsoll
