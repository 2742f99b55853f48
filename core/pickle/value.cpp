// SPDX-License-Identifier: GPL-3.0-or-later
#include "pickle/value.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace plimsoll {

static_assert(sizeof(Value) == 16);

namespace {

// Of a list or dict without its items: the vector, and what the allocator rounds up to.
constexpr std::size_t kContainerBytes = 56;

bool isText(ValueKind kind) {
    switch (kind) {
        case ValueKind::BigInt:
        case ValueKind::String:
        case ValueKind::ByteString:
        case ValueKind::Bytes:
        case ValueKind::ByteArray:
            return true;
        default:
            return false;
    }
}

bool hasKey(const ValueTree& tree, Value candidate, std::string_view key) {
    return (candidate.kind == ValueKind::String || candidate.kind == ValueKind::ByteString) &&
           candidate.length == key.size() && tree.text(candidate) == key;
}

}  // namespace

double ValueTree::asFloat(Value v) const noexcept {
    return std::bit_cast<double>(v.bits);
}

Value ValueTree::real(double d) noexcept {
    return {ValueKind::Float, 0, std::bit_cast<std::uint64_t>(d)};
}

std::string_view ValueTree::text(Value v) const noexcept {
    if (!isText(v.kind) || v.length == 0) return {};
    return {std::bit_cast<const char*>(v.bits), v.length};
}

Value ValueTree::textIn(ValueKind kind, std::string_view text) const noexcept {
    return {kind, static_cast<std::uint32_t>(text.size()), std::bit_cast<std::uint64_t>(text.data())};
}

Value ValueTree::textCopy(ValueKind kind, std::string_view text) {
    constexpr std::size_t kChunk = std::size_t{16} * 1024;
    if (text.size() > freeCopySpace_.size()) {
        const std::size_t bytes = std::max(kChunk, text.size());
        copies_.push_back(std::make_unique_for_overwrite<char[]>(bytes));
        heldBytes_ += bytes;
        freeCopySpace_ = {copies_.back().get(), bytes};
    }
    std::copy(text.begin(), text.end(), freeCopySpace_.begin());
    const Value copy = textIn(kind, {freeCopySpace_.data(), text.size()});
    freeCopySpace_ = freeCopySpace_.subspan(text.size());
    return copy;
}

std::span<const Value> ValueTree::items(Value v) const noexcept {
    if (v.kind == ValueKind::Tuple) return std::span(tuplePool_).subspan(v.bits, v.length);
    return lists_[v.bits];
}

std::span<const std::pair<Value, Value>> ValueTree::pairs(Value v) const noexcept {
    return dicts_[v.bits];
}

const ObjectParts& ValueTree::object(Value v) const noexcept {
    return *objects_[v.bits];
}

ObjectParts& ValueTree::mutableObject(Value v) noexcept {
    return *objects_[v.bits];
}

std::string_view ValueTree::globalModule(Value v) const noexcept {
    return globals_[v.bits].first;
}

std::string_view ValueTree::globalName(Value v) const noexcept {
    return globals_[v.bits].second;
}

Value ValueTree::persistentId(Value v) const noexcept {
    return persistents_[v.bits];
}

bool ValueTree::isGlobal(Value v, std::string_view module, std::string_view name) const noexcept {
    return v.kind == ValueKind::Global && globalName(v) == name && globalModule(v) == module;
}

std::optional<Value> ValueTree::find(Value v, std::string_view key) const noexcept {
    std::span<const std::pair<Value, Value>> entries;
    if (v.kind == ValueKind::Dict) entries = pairs(v);
    if (v.kind == ValueKind::Object) entries = object(v).items;
    // The last one: a later SETITEMS replaces an earlier one.
    for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry)
        if (hasKey(*this, entry->first, key)) return entry->second;
    return std::nullopt;
}

Value ValueTree::tuple(std::span<const Value> items) {
    const std::size_t at = tuplePool_.size();
    const std::less<const Value*> before;
    const bool inPool = !items.empty() && !before(items.data(), tuplePool_.data()) &&
                        before(items.data(), tuplePool_.data() + tuplePool_.size());
    if (inPool) {
        const std::vector<Value> copy(items.begin(), items.end());
        tuplePool_.insert(tuplePool_.end(), copy.begin(), copy.end());
    } else {
        tuplePool_.insert(tuplePool_.end(), items.begin(), items.end());
    }
    return {ValueKind::Tuple, static_cast<std::uint32_t>(items.size()), at};
}

Value ValueTree::list() {
    lists_.emplace_back();
    heldBytes_ += kContainerBytes;
    return {ValueKind::List, 0, lists_.size() - 1};
}

Value ValueTree::set(ValueKind kind) {
    Value set = list();
    set.kind = kind;
    return set;
}

Value ValueTree::dict() {
    dicts_.emplace_back();
    heldBytes_ += kContainerBytes;
    return {ValueKind::Dict, 0, dicts_.size() - 1};
}

Value ValueTree::global(std::string_view module, std::string_view name) {
    const auto [entry, isNew] =
        globalIndex_.try_emplace(GlobalName{module, name}, static_cast<std::uint32_t>(globals_.size()));
    if (isNew) globals_.emplace_back(module, name);
    return {ValueKind::Global, 0, entry->second};
}

Value ValueTree::object(ObjectParts parts) {
    if (objectCount_ == objects_.size())
        objects_.push_back(std::make_unique<ObjectParts>(std::move(parts)));
    else
        *objects_[objectCount_] = std::move(parts);
    return {ValueKind::Object, 0, objectCount_++};
}

Value ValueTree::persistent(Value id) {
    persistents_.push_back(id);
    heldBytes_ += sizeof(Value);
    return {ValueKind::Persistent, 0, persistents_.size() - 1};
}

void ValueTree::append(Value container, Value item) {
    lists_[container.bits].push_back(item);
    heldBytes_ += sizeof(Value);
}

void ValueTree::insert(Value dict, Value key, Value item) {
    dicts_[dict.bits].emplace_back(key, item);
    heldBytes_ += 2 * sizeof(Value);
}

void ValueTree::addState(Value object, Value state) {
    objects_[object.bits]->states.push_back(state);
    heldBytes_ += sizeof(Value);
}

void ValueTree::addItem(Value object, Value item) {
    objects_[object.bits]->appended.push_back(item);
    heldBytes_ += sizeof(Value);
}

void ValueTree::addPair(Value object, Value key, Value item) {
    objects_[object.bits]->items.emplace_back(key, item);
    heldBytes_ += 2 * sizeof(Value);
}

std::size_t ValueTree::identityLimit(ValueKind kind) const noexcept {
    switch (kind) {
        case ValueKind::Tuple:
            return tuplePool_.size();
        case ValueKind::List:
        case ValueKind::Set:
        case ValueKind::FrozenSet:
            return lists_.size();
        case ValueKind::Dict:
            return dicts_.size();
        case ValueKind::Object:
            return objectCount_;
        case ValueKind::Persistent:
            return persistents_.size();
        default:
            return 0;
    }
}

std::string_view kindName(ValueKind kind) noexcept {
    switch (kind) {
        case ValueKind::None:
            return "None";
        case ValueKind::Bool:
            return "bool";
        case ValueKind::Int:
        case ValueKind::BigInt:
            return "int";
        case ValueKind::Float:
            return "float";
        case ValueKind::String:
            return "str";
        case ValueKind::ByteString:
            return "Python 2 str";
        case ValueKind::Bytes:
            return "bytes";
        case ValueKind::ByteArray:
            return "bytearray";
        case ValueKind::Tuple:
            return "tuple";
        case ValueKind::List:
            return "list";
        case ValueKind::Set:
            return "set";
        case ValueKind::FrozenSet:
            return "frozenset";
        case ValueKind::Dict:
            return "dict";
        case ValueKind::Global:
            return "global";
        case ValueKind::Object:
            return "object";
        case ValueKind::Persistent:
            return "persistent id";
        case ValueKind::Tensor:
            return "tensor";
        case ValueKind::Storage:
            return "storage";
    }
    return "value";
}

}  // namespace plimsoll
