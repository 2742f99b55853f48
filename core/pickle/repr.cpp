// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "pickle/enum_reads.h"
#include "pickle/literals.h"
#include "pickle/value.h"

namespace plimsoll {

namespace {

// Deeper containers show as "...": nobody reads them in one line.
constexpr std::size_t kShownDepth = 100;

struct CodeRange {
    std::uint32_t first;
    std::uint32_t last;
};

// What Python escapes in a str: controls, separators other than space, formatting marks (bidi overrides among them),
// surrogates, private use.
constexpr CodeRange kEscaped[] = {
    {0x00, 0x1f},     {0x7f, 0xa0},     {0xad, 0xad},       {0x600, 0x605},      {0x61c, 0x61c},
    {0x6dd, 0x6dd},   {0x70f, 0x70f},   {0x1680, 0x1680},   {0x180e, 0x180e},    {0x2000, 0x200f},
    {0x2028, 0x202f}, {0x205f, 0x206f}, {0x3000, 0x3000},   {0xd800, 0xf8ff},    {0xfeff, 0xfeff},
    {0xfff0, 0xfffb}, {0xfffe, 0xffff}, {0xe0000, 0xe00ff}, {0xe01f0, 0x10ffff},
};

bool isEscaped(std::uint32_t codePoint) {
    return std::any_of(std::begin(kEscaped), std::end(kEscaped),
                       [&](CodeRange range) { return codePoint >= range.first && codePoint <= range.last; });
}

std::string escapeCodePoint(std::uint32_t codePoint) {
    switch (codePoint) {
        case '\n':
            return "\\n";
        case '\r':
            return "\\r";
        case '\t':
            return "\\t";
        default:
            if (codePoint <= 0xff) return fmt::format("\\x{:02x}", codePoint);
            if (codePoint <= 0xffff) return fmt::format("\\u{:04x}", codePoint);
            return fmt::format("\\U{:08x}", codePoint);
    }
}

std::string floatText(double value) {
    if (std::isnan(value)) return "nan";
    if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
    std::string text = fmt::format("{}", value);
    if (text.find_first_of(".e") == std::string::npos) text += ".0";
    return text;
}

class Printer {
public:
    Printer(const ValueTree& tree, std::size_t maxChars) : tree_(tree), maxChars_(maxChars) {}

    std::string run(Value v) {
        value(v);
        if (full()) cut();
        return std::move(out_);
    }

private:
    [[nodiscard]] bool full() const noexcept { return chars_ > maxChars_; }
    void put(std::string_view text);
    void cut();

    void value(Value v);
    void text(std::string_view text, bool isBytes);
    void scalar(Value v);
    void container(Value v);
    void items(std::span<const Value> values);
    void pairs(std::span<const std::pair<Value, Value>> entries);
    void pairTuples(std::span<const std::pair<Value, Value>> entries);
    void attributes(Value state);
    [[nodiscard]] bool enumMember(const ObjectParts& object);
    void object(const ObjectParts& object);
    void tuple(Value v);
    void separate(bool& first) {
        if (!first) put(", ");
        first = false;
    }

    const ValueTree& tree_;
    std::size_t maxChars_;
    std::size_t chars_ = 0;
    std::string out_;
    std::vector<Value> path_;  // containers being printed
};

// Counts characters, not bytes: every byte but a UTF-8 continuation starts one.
void Printer::put(std::string_view text) {
    for (const char c : text) {
        if ((static_cast<std::uint8_t>(c) & 0xc0U) != 0x80U && ++chars_ > maxChars_) return;
        out_.push_back(c);
    }
}

void Printer::cut() {
    constexpr std::string_view kMore = "...";
    const std::size_t kept = maxChars_ - std::min(maxChars_, kMore.size());
    std::size_t seen = 0;
    const auto end = std::find_if(out_.begin(), out_.end(), [&](char c) {
        return (static_cast<std::uint8_t>(c) & 0xc0U) != 0x80U && seen++ == kept;
    });
    out_.erase(end, out_.end());
    out_ += kMore.substr(0, maxChars_);
}

void Printer::text(std::string_view text, bool isBytes) {
    // Characters that cannot be shown any more do not count for the choice of the quote.
    const std::size_t left = maxChars_ - std::min(maxChars_, chars_);
    if (left < text.size() / 4) text = text.substr(0, left * 4 + 4);
    const bool doubleQuote = text.find('\'') != std::string_view::npos && text.find('"') == std::string_view::npos;
    const std::string_view quote = doubleQuote ? "\"" : "'";
    put(quote);
    while (!text.empty() && !full()) {
        std::string_view rest = text;
        const auto codePoint = isBytes ? std::nullopt : takeUtf8(rest);
        if (!codePoint) {
            rest = text.substr(1);
            const auto byte = static_cast<std::uint8_t>(text.front());
            if (byte > 0x7e) {
                put(fmt::format("\\x{:02x}", byte));
                text = rest;
                continue;
            }
        }
        const std::string_view shown = text.substr(0, text.size() - rest.size());
        const std::uint32_t code = codePoint ? *codePoint : static_cast<std::uint8_t>(text.front());
        if (shown == "\\" || shown == quote) put("\\");
        put(isEscaped(code) ? std::string_view(escapeCodePoint(code)) : shown);
        text = rest;
    }
    put(quote);
}

void Printer::scalar(Value v) {
    switch (v.kind) {
        case ValueKind::Bool:
            return put(tree_.asBool(v) ? "True" : "False");
        case ValueKind::Int:
            return put(fmt::format("{}", tree_.asInt(v)));
        case ValueKind::BigInt: {
            const auto digits = formatBigDecimal(tree_.text(v));
            return put(digits ? *digits : fmt::format("<int of {} bytes>", v.length));
        }
        case ValueKind::Float:
            return put(floatText(tree_.asFloat(v)));
        case ValueKind::String:
            return text(tree_.text(v), false);
        case ValueKind::ByteString:
            return text(tree_.text(v), true);
        case ValueKind::Bytes:
            put("b");
            return text(tree_.text(v), true);
        case ValueKind::ByteArray:
            put("bytearray(b");
            text(tree_.text(v), true);
            return put(")");
        case ValueKind::Global: {
            const auto module = tree_.globalModule(v);
            if (module != "builtins" && module != "__builtin__") put(fmt::format("{}.", module));
            return put(tree_.globalName(v));
        }
        case ValueKind::Tensor:
            return put("tensor(...)");
        case ValueKind::Storage:
            return put("storage(...)");
        default:
            return put("None");
    }
}

void Printer::value(Value v) {
    if (full()) return;
    const bool isContainer = tree_.identityLimit(v.kind) != 0 && !(v.kind == ValueKind::Tuple && v.length == 0);
    if (!isContainer) return v.kind == ValueKind::Tuple ? put("()") : scalar(v);
    if (path_.size() >= kShownDepth || std::find(path_.begin(), path_.end(), v) != path_.end()) {
        if (v.kind == ValueKind::List) return put("[...]");
        if (v.kind == ValueKind::Tuple) return put("(...)");
        return put(v.kind == ValueKind::Dict ? "{...}" : "...");
    }
    path_.push_back(v);
    container(v);
    path_.pop_back();
}

void Printer::tuple(Value v) {
    put("(");
    items(tree_.items(v));
    put(v.length == 1 ? ",)" : ")");
}

void Printer::container(Value v) {
    switch (v.kind) {
        case ValueKind::Tuple:
            return tuple(v);
        case ValueKind::List:
            put("[");
            items(tree_.items(v));
            return put("]");
        case ValueKind::Set:
            if (tree_.items(v).empty()) return put("set()");
            put("{");
            items(tree_.items(v));
            return put("}");
        case ValueKind::FrozenSet:
            if (tree_.items(v).empty()) return put("frozenset()");
            put("frozenset({");
            items(tree_.items(v));
            return put("})");
        case ValueKind::Dict:
            return pairs(tree_.pairs(v));
        case ValueKind::Object:
            return object(tree_.object(v));
        default:
            put("persistent_id(");
            value(tree_.persistentId(v));
            return put(")");
    }
}

void Printer::items(std::span<const Value> values) {
    bool first = true;
    for (const Value v : values) {
        if (full()) return;
        separate(first);
        value(v);
    }
}

void Printer::pairs(std::span<const std::pair<Value, Value>> entries) {
    put("{");
    bool first = true;
    for (const auto& [key, item] : entries) {
        if (full()) return;
        separate(first);
        value(key);
        put(": ");
        value(item);
    }
    put("}");
}

void Printer::pairTuples(std::span<const std::pair<Value, Value>> entries) {
    put("[");
    bool first = true;
    for (const auto& [key, item] : entries) {
        if (full()) return;
        separate(first);
        put("(");
        value(key);
        put(", ");
        value(item);
        put(")");
    }
    put("]");
}

// "a=1, b=2" for the dict that BUILD puts into an object's __dict__, its repr for any other state.
void Printer::attributes(Value state) {
    if (state.kind != ValueKind::Dict) return value(state);
    bool first = true;
    for (const auto& [key, item] : tree_.pairs(state)) {
        if (full()) return;
        separate(first);
        if (key.kind == ValueKind::String || key.kind == ValueKind::ByteString)
            put(tree_.text(key));
        else
            value(key);
        put("=");
        value(item);
    }
}

// "Color.RED" for a member of an enumeration, which some Python versions pickle as getattr(Color, 'RED').
bool Printer::enumMember(const ObjectParts& object) {
    if (object.callable.kind != ValueKind::Global || object.args.length != 2) return false;
    if (!isGetattr(tree_.globalModule(object.callable), tree_.globalName(object.callable))) return false;
    const auto args = tree_.items(object.args);
    if (args[0].kind != ValueKind::Global || args[1].kind != ValueKind::String) return false;
    const auto known = knownEnum(tree_.globalModule(args[0]), tree_.globalName(args[0]));
    if (!known || !isEnumMember(*known, tree_.text(args[1]))) return false;
    put(fmt::format("{}.{}", tree_.globalName(args[0]), tree_.text(args[1])));
    return true;
}

void Printer::object(const ObjectParts& object) {
    if (enumMember(object)) return;
    const bool isOrderedDict = tree_.isGlobal(object.callable, "collections", "OrderedDict");
    // Protocols 0 and 1 make a plain object by copyreg._reconstructor(class, object, None).
    const bool isReconstructed = (tree_.isGlobal(object.callable, "copyreg", "_reconstructor") ||
                                  tree_.isGlobal(object.callable, "copy_reg", "_reconstructor")) &&
                                 object.args.length == 3 && tree_.items(object.args)[0].kind == ValueKind::Global;
    const Value made = isReconstructed ? tree_.items(object.args)[0] : object.callable;
    if (made.kind == ValueKind::Global) {
        const auto name = tree_.globalName(made);
        put(name.substr(name.rfind('.') + 1));
    } else {
        value(made);
    }
    put("(");
    bool first = true;
    if (!isReconstructed && object.args.length != 0) {
        separate(first);
        items(tree_.items(object.args));
    }
    if (object.kwargs.kind == ValueKind::Dict && !tree_.pairs(object.kwargs).empty()) {
        separate(first);
        attributes(object.kwargs);
    }
    if (!object.appended.empty()) {
        separate(first);
        put("[");
        items(object.appended);
        put("]");
    }
    if (!object.items.empty()) {
        separate(first);
        isOrderedDict ? pairTuples(object.items) : pairs(object.items);
    }
    for (const Value state : object.states) {
        separate(first);
        attributes(state);
    }
    put(")");
}

}  // namespace

std::string repr(const ValueTree& tree, Value v, std::size_t maxChars) {
    return Printer(tree, maxChars).run(v);
}

}  // namespace plimsoll
