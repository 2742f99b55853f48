// SPDX-License-Identifier: GPL-3.0-or-later
#include "pickle/pickler.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "base/byte_cursor.h"
#include "base/limits.h"
#include "base/text_index.h"
#include "pickle/literals.h"
#include "pickle/opcodes.h"

namespace plimsoll {

namespace {

constexpr std::uint32_t kNotWritten = ~std::uint32_t{0};

// Items per APPENDS or SETITEMS, as Python's pickler groups them: bounds the unpickler's stack.
constexpr std::size_t kBatch = 1000;

// Memo indices of one numbering of handles.
class Written {
public:
    [[nodiscard]] std::uint32_t find(std::uint64_t identity) const noexcept {
        return identity < memo_.size() ? memo_[identity] : kNotWritten;
    }
    void set(std::uint64_t identity, std::uint32_t memo) {
        if (identity >= memo_.size()) memo_.resize(std::max<std::size_t>(identity + 1, memo_.size() * 2), kNotWritten);
        memo_[identity] = memo;
    }

private:
    std::vector<std::uint32_t> memo_;
};

// Memo indices of texts.
class WrittenTexts {
public:
    // kNotWritten, where it is new.
    [[nodiscard]] std::uint32_t& memoOf(std::string_view text) {
        const auto next = static_cast<std::uint32_t>(texts_.size());
        const auto number = index_.findOrAdd(text, next, [this](std::uint32_t n) { return texts_[n].first; });
        if (number == next) texts_.emplace_back(text, kNotWritten);
        return texts_[number].second;
    }

private:
    BigVector<std::pair<std::string_view, std::uint32_t>> texts_;
    TextIndex index_;
};

class Pickler {
public:
    Pickler(const ValueTree& tree, PickleEmitter& emitter)
        : tree_(tree), emitter_(emitter), protocol_(neededProtocol(tree)) {}

    Result<std::vector<std::byte>> run(Value root) {
        TRY_VOID(write(root));
        return out_.take();
    }
    Result<std::uint64_t> count(Value root) {
        out_.countOnly();
        TRY_VOID(write(root));
        return out_.size();
    }

    Result<std::vector<std::byte>> run(std::span<const std::pair<std::string_view, Value>> entries) {
        out_.protocol(protocol_);
        out_.emptyDict();
        while (!entries.empty()) {
            const auto batch = entries.first(std::min(entries.size(), kBatch));
            out_.mark();
            for (const auto& [key, item] : batch) {
                shareText(ValueKind::String, key);
                TRY_VOID(value(item));
            }
            out_.setItemsFromMark();
            entries = entries.subspan(batch.size());
        }
        out_.stop();
        return out_.take();
    }

private:
    static std::uint8_t neededProtocol(const ValueTree& tree);

    Result<void> write(Value root) {
        out_.protocol(protocol_);
        TRY_VOID(value(root));
        out_.stop();
        return {};
    }
    Result<void> value(Value v);
    Result<void> scalar(Value v);
    Result<void> text(Value v);
    void bytes(Value v);
    void shareText(ValueKind kind, std::string_view content);
    void builtin(std::string_view name);
    Result<void> global(Value v);
    Result<void> tensor(Value v);
    Result<void> tuple(Value v);
    Result<void> container(Value v);
    Result<void> setItems(Value v);
    Result<void> object(Value v);
    Result<void> make(const ObjectParts& parts);
    Result<void> instance(const ObjectParts& parts);
    Result<void> appended(std::span<const Value> items);
    Result<void> entries(std::span<const std::pair<Value, Value>> pairs);
    Result<void> each(std::span<const Value> values);

    Written& writtenOf(ValueKind kind);
    bool writeKnown(Value v);
    void remember(Value v) { writtenOf(v.kind).set(ValueTree::identity(v), out_.memoize()); }
    bool replaceByKnown(Value v, std::size_t values);

    const ValueTree& tree_;
    PickleEmitter& emitter_;
    std::uint8_t protocol_;
    PickleWriter out_;
    std::uint32_t depth_ = 0;
    Written lists_, dicts_, tuples_, objects_, persistents_, globals_, tensors_;
    WrittenTexts strings_, byteStrings_, bytes_;
    std::unordered_map<const void*, std::uint32_t> byteArrays_;
};

std::uint8_t Pickler::neededProtocol(const ValueTree& tree) {
    const auto isDotted = [&](std::size_t i) {
        return tree.globalName({ValueKind::Global, 0, i}).find('.') != std::string_view::npos;
    };
    const auto hasNamedArguments = [&](std::size_t i) {
        return tree.object({ValueKind::Object, 0, i}).form == ObjectForm::NewObjEx;
    };
    for (std::size_t i = 0; i < tree.globalCount(); ++i)
        if (isDotted(i)) return 4;
    for (std::size_t i = 0; i < tree.identityLimit(ValueKind::Object); ++i)
        if (hasNamedArguments(i)) return 4;
    return 2;
}

Written& Pickler::writtenOf(ValueKind kind) {
    switch (kind) {
        case ValueKind::Tuple:
            return tuples_;
        case ValueKind::Dict:
            return dicts_;
        case ValueKind::Object:
            return objects_;
        case ValueKind::Persistent:
            return persistents_;
        case ValueKind::Global:
            return globals_;
        case ValueKind::Tensor:
            return tensors_;
        default:
            return lists_;
    }
}

// A value that was written before: true, and it is on the stack.
bool Pickler::writeKnown(Value v) {
    const std::uint32_t memo = writtenOf(v.kind).find(ValueTree::identity(v));
    if (memo == kNotWritten) return false;
    out_.get(memo);
    return true;
}

// What is made after its parts may have been made already, inside a part that refers back to it. Then the parts (so
// many values on the stack) are dropped for the one that is there.
bool Pickler::replaceByKnown(Value v, std::size_t values) {
    const std::uint32_t memo = writtenOf(v.kind).find(ValueTree::identity(v));
    if (memo == kNotWritten) return false;
    for (std::size_t i = 0; i < values; ++i) out_.opcode(static_cast<std::uint8_t>(Opcode::Pop));
    out_.get(memo);
    return true;
}

Result<void> Pickler::value(Value v) {
    switch (v.kind) {
        case ValueKind::Global:
            return global(v);
        case ValueKind::Tensor:
            return tensor(v);
        case ValueKind::Storage:
            return emitter_.storage(out_, tree_.storage(v));
        case ValueKind::Tuple:
        case ValueKind::List:
        case ValueKind::Set:
        case ValueKind::FrozenSet:
        case ValueKind::Dict:
        case ValueKind::Object:
        case ValueKind::Persistent:
            break;
        default:
            return scalar(v);
    }
    if (v.kind == ValueKind::Tuple && v.length == 0) {
        out_.emptyTuple();
        return {};
    }
    if (writeKnown(v)) return {};
    if (++depth_ > limits::kNestingDepth)
        return fail(Errc::OverLimit, fmt::format("containers nest deeper than {}", limits::kNestingDepth));
    TRY_VOID(container(v));
    --depth_;
    return {};
}

Result<void> Pickler::scalar(Value v) {
    switch (v.kind) {
        case ValueKind::Bool:
            out_.boolean(tree_.asBool(v));
            break;
        case ValueKind::Int:
            out_.integer(tree_.asInt(v));
            break;
        case ValueKind::BigInt:
            out_.bigInteger(asBytes(tree_.text(v)));
            break;
        case ValueKind::Float:
            out_.real(tree_.asFloat(v));
            break;
        case ValueKind::String:
        case ValueKind::ByteString:
            return text(v);
        case ValueKind::Bytes:
        case ValueKind::ByteArray:
            bytes(v);
            break;
        default:
            out_.none();
            break;
    }
    return {};
}

Result<void> Pickler::text(Value v) {
    if (v.kind == ValueKind::String && !isPickleUtf8(tree_.text(v)))
        return fail(Errc::Unsupported, "a text that is not UTF-8 cannot be written");
    shareText(v.kind, tree_.text(v));
    return {};
}

// Equal texts are one: Python shares them too (names of attributes, keys), and nobody can tell.
void Pickler::shareText(ValueKind kind, std::string_view content) {
    auto& known = kind == ValueKind::String ? strings_ : byteStrings_;
    std::uint32_t& memo = known.memoOf(content);
    if (memo != kNotWritten) return out_.get(memo);
    if (kind == ValueKind::String)
        out_.text(content);
    else
        out_.byteString(content);
    memo = out_.memoize();
}

void Pickler::builtin(std::string_view name) {
    // Python maps the old module name only in protocols below 3, and writes it there.
    out_.global(protocol_ < 3 ? "__builtin__" : "builtins", name);
}

// Protocol 2 has no opcode for bytes: Python writes the call that makes them from a text of the same code points.
void Pickler::bytes(Value v) {
    const std::string_view content = tree_.text(v);
    if (v.kind == ValueKind::ByteArray) {
        // Mutable, so only the same one is shared. Empty ones have no place of their own.
        const auto known = byteArrays_.find(content.data());
        if (!content.empty() && known != byteArrays_.end()) return out_.get(known->second);
        builtin("bytearray");
        if (content.empty()) {
            out_.emptyTuple();
        } else {
            bytes(tree_.textIn(ValueKind::Bytes, content));
            out_.tuple1();
        }
        out_.reduce();
        if (!content.empty()) byteArrays_.emplace(content.data(), out_.memoize());
        return;
    }
    std::uint32_t& memo = bytes_.memoOf(content);
    if (memo != kNotWritten) return out_.get(memo);
    if (content.empty()) {
        builtin("bytes");
        out_.emptyTuple();
    } else {
        out_.global("_codecs", "encode");
        std::string codePoints;
        codePoints.reserve(content.size());
        for (const char c : content) appendUtf8(codePoints, static_cast<std::uint8_t>(c));
        out_.text(codePoints);
        shareText(ValueKind::String, "latin1");
        out_.tuple2();
    }
    out_.reduce();
    memo = out_.memoize();
}

Result<void> Pickler::global(Value v) {
    if (writeKnown(v)) return {};
    const auto module = tree_.globalModule(v);
    const auto name = tree_.globalName(v);
    if (module.find('\n') != std::string_view::npos || name.find('\n') != std::string_view::npos)
        return fail(Errc::Unsupported, "a global whose name has a line end cannot be written");
    out_.global(module, name);
    remember(v);
    return {};
}

Result<void> Pickler::tensor(Value v) {
    if (writeKnown(v)) return {};
    TRY_VOID(emitter_.tensor(out_, tree_.tensor(v)));
    remember(v);
    return {};
}

Result<void> Pickler::container(Value v) {
    switch (v.kind) {
        case ValueKind::Tuple:
            return tuple(v);
        case ValueKind::List:
            out_.emptyList();
            remember(v);
            return appended(tree_.items(v));
        case ValueKind::Set:
        case ValueKind::FrozenSet:
            return setItems(v);
        case ValueKind::Dict:
            out_.emptyDict();
            remember(v);
            return entries(tree_.pairs(v));
        case ValueKind::Object:
            return object(v);
        default:
            TRY_VOID(value(tree_.persistentId(v)));
            out_.persistentId();
            if (!replaceByKnown(v, 1)) remember(v);
            return {};
    }
}

Result<void> Pickler::each(std::span<const Value> values) {
    for (const Value v : values) TRY_VOID(value(v));
    return {};
}

Result<void> Pickler::tuple(Value v) {
    const auto items = tree_.items(v);
    const bool isShort = items.size() <= 3;
    if (!isShort) out_.mark();
    TRY_VOID(each(items));
    if (writtenOf(v.kind).find(ValueTree::identity(v)) != kNotWritten) {
        // POP_MARK takes the mark and all above it.
        if (!isShort) out_.opcode(static_cast<std::uint8_t>(Opcode::PopMark));
        replaceByKnown(v, isShort ? items.size() : 0);
        return {};
    }
    switch (items.size()) {
        case 1:
            out_.tuple1();
            break;
        case 2:
            out_.tuple2();
            break;
        case 3:
            out_.tuple3();
            break;
        default:
            out_.tupleFromMark();
            break;
    }
    remember(v);
    return {};
}

// Protocol 2 has no opcode for sets either: set([...]).
Result<void> Pickler::setItems(Value v) {
    builtin(v.kind == ValueKind::Set ? "set" : "frozenset");
    out_.emptyList();
    TRY_VOID(appended(tree_.items(v)));
    out_.tuple1();
    out_.reduce();
    if (!replaceByKnown(v, 1)) remember(v);
    return {};
}

Result<void> Pickler::object(Value v) {
    const ObjectParts& parts = tree_.object(v);
    TRY_VOID(parts.form == ObjectForm::Inst ? instance(parts) : make(parts));
    if (replaceByKnown(v, 1)) return {};
    remember(v);
    TRY_VOID(appended(parts.appended));
    TRY_VOID(entries(parts.items));
    for (const Value state : parts.states) {
        TRY_VOID(value(state));
        out_.build();
    }
    return {};
}

Result<void> Pickler::make(const ObjectParts& parts) {
    TRY_VOID(value(parts.callable));
    TRY_VOID(value(parts.args));
    switch (parts.form) {
        case ObjectForm::NewObj:
            out_.newObject();
            break;
        case ObjectForm::NewObjEx:
            TRY_VOID(value(parts.kwargs));
            out_.opcode(static_cast<std::uint8_t>(Opcode::NewObjEx));
            break;
        default:
            out_.reduce();
            break;
    }
    return {};
}

Result<void> Pickler::instance(const ObjectParts& parts) {
    out_.mark();
    TRY_VOID(value(parts.callable));
    TRY_VOID(each(tree_.items(parts.args)));
    out_.opcode(static_cast<std::uint8_t>(Opcode::Obj));
    return {};
}

Result<void> Pickler::appended(std::span<const Value> items) {
    while (!items.empty()) {
        const auto batch = items.first(std::min(items.size(), kBatch));
        out_.mark();
        TRY_VOID(each(batch));
        out_.appendsFromMark();
        items = items.subspan(batch.size());
    }
    return {};
}

Result<void> Pickler::entries(std::span<const std::pair<Value, Value>> pairs) {
    while (!pairs.empty()) {
        const auto batch = pairs.first(std::min(pairs.size(), kBatch));
        out_.mark();
        for (const auto& [key, item] : batch) {
            TRY_VOID(value(key));
            TRY_VOID(value(item));
        }
        out_.setItemsFromMark();
        pairs = pairs.subspan(batch.size());
    }
    return {};
}

}  // namespace

Result<std::vector<std::byte>> pickleValue(const ValueTree& tree, Value root, PickleEmitter& emitter) {
    return Pickler(tree, emitter).run(root);
}

Result<std::vector<std::byte>> pickleEntries(const ValueTree& tree,
                                             std::span<const std::pair<std::string_view, Value>> entries,
                                             PickleEmitter& emitter) {
    return Pickler(tree, emitter).run(entries);
}

Result<std::uint64_t> pickledBytes(const ValueTree& tree, Value root, PickleEmitter& emitter) {
    return Pickler(tree, emitter).count(root);
}

}  // namespace plimsoll
