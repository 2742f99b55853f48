// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/big_vector.h"
#include "base/ids.h"

namespace plimsoll {

enum class ValueKind : std::uint8_t {
    None,
    Bool,
    Int,
    BigInt,
    Float,
    String,      // UTF-8 (surrogates as in Python's surrogatepass)
    ByteString,  // Python 2 str: bytes of unknown encoding
    Bytes,
    ByteArray,
    Tuple,
    List,
    Set,
    FrozenSet,
    Dict,        // pairs in insertion order; keys may repeat as the stream had them
    Global,      // a name that a pickle wants; never looked up
    Object,      // a call that a pickle wants and what is then put into its result; never made
    Persistent,  // persistent id that no resolver understood
    Tensor,      // a tensor of the checkpoint's table
    Storage,     // a storage of the checkpoint's table
};

// A handle into a ValueTree: scalars are inline, containers are an index. Copying shares, as in Python.
struct Value {
    ValueKind kind = ValueKind::None;
    std::uint32_t length = 0;  // bytes of a text, items of a Tuple
    std::uint64_t bits = 0;    // the scalar, the text's place, or the container's index

    friend bool operator==(const Value&, const Value&) = default;  // identity, not equality
};

using ValueVector = BigVector<Value>;
using PairVector = BigVector<std::pair<Value, Value>>;

// How an Object is made in the stream; needed to write it back as it was.
enum class ObjectForm : std::uint8_t { Reduce, NewObj, NewObjEx, Inst };

// Everything a pickle says of one object: callable(*args), then state (BUILD), appended and set items.
struct ObjectParts {
    ObjectForm form = ObjectForm::Reduce;
    Value callable;               // Global in sane files
    Value args;                   // Tuple
    Value kwargs;                 // NewObjEx only, else None
    std::vector<Value> states;    // one per BUILD, in order
    std::vector<Value> appended;  // list subclasses
    PairVector items;             // dict subclasses: OrderedDict, defaultdict
};

// The non-tensor content of a checkpoint, as a graph of values: containers that are reached twice are one container.
// Texts point into byte regions that the tree keeps alive. Built once, then immutable and safe from any thread.
class ValueTree {
public:
    // Reading; a handle must come from this tree and be of the kind that the accessor names.
    [[nodiscard]] Value root() const noexcept { return root_; }
    [[nodiscard]] bool asBool(Value v) const noexcept { return v.bits != 0; }
    [[nodiscard]] std::int64_t asInt(Value v) const noexcept { return static_cast<std::int64_t>(v.bits); }
    [[nodiscard]] double asFloat(Value v) const noexcept;
    [[nodiscard]] std::string_view text(
        Value v) const noexcept;  // String, ByteString, Bytes, ByteArray, BigInt (two's complement, little-endian)
    [[nodiscard]] std::span<const Value> items(Value v) const noexcept;  // Tuple, List, Set, FrozenSet
    [[nodiscard]] std::span<const std::pair<Value, Value>> pairs(Value v) const noexcept;  // Dict
    [[nodiscard]] const ObjectParts& object(Value v) const noexcept;
    [[nodiscard]] std::string_view globalModule(Value v) const noexcept;
    [[nodiscard]] std::string_view globalName(Value v) const noexcept;
    [[nodiscard]] Value persistentId(Value v) const noexcept;
    [[nodiscard]] TensorId tensor(Value v) const noexcept { return TensorId(static_cast<std::uint32_t>(v.bits)); }
    [[nodiscard]] StorageId storage(Value v) const noexcept { return StorageId(static_cast<std::uint32_t>(v.bits)); }
    [[nodiscard]] bool isGlobal(Value v, std::string_view module, std::string_view name) const noexcept;
    // The value under a text key of a Dict or of an Object's items; nothing where absent.
    [[nodiscard]] std::optional<Value> find(Value v, std::string_view key) const noexcept;

    // Building.
    void setRoot(Value v) noexcept { root_ = v; }
    [[nodiscard]] static Value none() noexcept { return {}; }
    [[nodiscard]] static Value boolean(bool b) noexcept { return {ValueKind::Bool, 0, b ? 1U : 0U}; }
    [[nodiscard]] static Value integer(std::int64_t i) noexcept {
        return {ValueKind::Int, 0, static_cast<std::uint64_t>(i)};
    }
    [[nodiscard]] static Value real(double d) noexcept;
    [[nodiscard]] static Value tensorRef(TensorId id) noexcept { return {ValueKind::Tensor, 0, id.value}; }
    [[nodiscard]] static Value storageRef(StorageId id) noexcept { return {ValueKind::Storage, 0, id.value}; }
    // A text that points into a region kept alive by this tree (see keepAlive), not copied. At most 4 GiB.
    [[nodiscard]] Value textIn(ValueKind kind, std::string_view text) const noexcept;
    // A text that is copied into the tree.
    [[nodiscard]] Value textCopy(ValueKind kind, std::string_view text);
    // The items may be another tuple's.
    [[nodiscard]] Value tuple(std::span<const Value> items);
    [[nodiscard]] Value list();
    [[nodiscard]] Value set(ValueKind kind);  // Set or FrozenSet
    [[nodiscard]] Value dict();
    // Points to both texts, not copied. The same name gives the same handle.
    [[nodiscard]] Value global(std::string_view module, std::string_view name);
    [[nodiscard]] std::size_t globalCount() const noexcept { return globals_.size(); }
    [[nodiscard]] Value object(ObjectParts parts);
    [[nodiscard]] Value persistent(Value id);
    void append(Value container, Value item);        // List, Set, FrozenSet
    void insert(Value dict, Value key, Value item);  // Dict
    [[nodiscard]] ObjectParts& mutableObject(Value v) noexcept;
    // Puts more into an object, counted in bytes(): a state, list items or dict items.
    void addState(Value object, Value state);
    void addItem(Value object, Value item);
    void addPair(Value object, Value key, Value item);
    // Keeps a byte region (a mapping, an inflated member) alive as long as the tree.
    void keepAlive(std::shared_ptr<const void> region) { regions_.push_back(std::move(region)); }

    // Tuple items and objects live in pools. A builder that consumed what it just built may give the pools' tails back:
    // no Value that refers to tuple items or objects at or beyond `mark` may be used afterwards.
    struct PoolMark {
        std::uint32_t tupleItems = 0;
        std::uint32_t objects = 0;
    };
    [[nodiscard]] PoolMark poolMark() const noexcept {
        return {static_cast<std::uint32_t>(tuplePool_.size()), static_cast<std::uint32_t>(objectCount_)};
    }
    void releaseSince(PoolMark mark) noexcept {
        tuplePool_.erase(tuplePool_.begin() + mark.tupleItems, tuplePool_.end());
        objectCount_ = mark.objects;
    }

    // What the tree's containers and copied texts hold of memory, about; growing vectors may hold twice as much.
    [[nodiscard]] std::uint64_t bytes() const noexcept {
        return heldBytes_ + tuplePool_.size() * sizeof(Value) + objectCount_ * sizeof(ObjectParts);
    }

    // For marks on visited containers: identity(v) < identityLimit(v.kind) for a List, Set, FrozenSet (one numbering),
    // Dict, Object, Persistent, or a Tuple with items; equal exactly for the same container of that numbering.
    [[nodiscard]] static std::uint64_t identity(Value v) noexcept { return v.bits; }
    [[nodiscard]] std::size_t identityLimit(ValueKind kind) const noexcept;

private:
    using GlobalName = std::pair<std::string_view, std::string_view>;
    struct GlobalHash {
        [[nodiscard]] std::size_t operator()(const GlobalName& g) const noexcept {
            return std::hash<std::string_view>{}(g.first) * 31 + std::hash<std::string_view>{}(g.second);
        }
    };
    Value root_;
    ValueVector tuplePool_;
    BigVector<ValueVector> lists_;  // List, Set, FrozenSet
    BigVector<PairVector> dicts_;
    BigVector<std::unique_ptr<ObjectParts>> objects_;  // beyond objectCount_: given back, used again
    std::size_t objectCount_ = 0;
    std::vector<GlobalName> globals_;
    std::unordered_map<GlobalName, std::uint32_t, GlobalHash> globalIndex_;
    std::vector<Value> persistents_;
    std::vector<std::shared_ptr<const void>> regions_;
    std::vector<std::unique_ptr<char[]>> copies_;  // chunks that copied texts lie in
    std::span<char> freeCopySpace_;                // of the last chunk
    std::uint64_t heldBytes_ = 0;                  // see bytes(); without tuples and objects
};

// Kinds that have an identity: what they hold lies in the tree.
[[nodiscard]] constexpr bool hasIdentity(ValueKind kind) noexcept {
    switch (kind) {
        case ValueKind::Tuple:
        case ValueKind::List:
        case ValueKind::Set:
        case ValueKind::FrozenSet:
        case ValueKind::Dict:
        case ValueKind::Object:
        case ValueKind::Persistent:
            return true;
        default:
            return false;
    }
}

// "dict", "tensor": for messages.
[[nodiscard]] std::string_view kindName(ValueKind kind) noexcept;

// One line as Python's repr would show it, cut at `maxChars` characters ("..." included); tensors as "tensor(...)",
// globals as their name, objects as their class with arguments and state. Time O(maxChars) and the depth that is shown.
[[nodiscard]] std::string repr(const ValueTree& tree, Value v, std::size_t maxChars = 120);

}  // namespace plimsoll
