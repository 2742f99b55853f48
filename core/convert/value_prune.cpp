// SPDX-License-Identifier: GPL-3.0-or-later
#include "convert/value_prune.h"

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "convert/rows_by_path.h"
#include "convert/stop_check.h"
#include "convert/value_walk.h"

namespace plimsoll {

namespace {

class Pruning {
public:
    Pruning(const Checkpoint& source, const std::string& rootPath, const std::vector<bool>& kept,
            const std::vector<DType>& to, const std::vector<RenameRule>& renames, DenseObjects replaced,
            const std::stop_token& stop)
        : from_(source.values),
          table_(source.tensors),
          renames_(renames),
          replaced_(replaced),
          stop_(stop),
          rootLength_(rootPath.empty() ? 0 : rootPath.size() + 1),
          rows_(source.tensors),
          kept_(kept),
          dtypes_(to),
          storageLost_(source.tensors.storages().size(), false),
          path_(rootPath) {
        // A storage that objects refer to directly goes when it had tensors and all of them go.
        std::vector<bool> storageKept(storageLost_.size(), false);
        for (std::uint32_t row = 0; row < source.tensors.size(); ++row) {
            const auto storage = source.tensors.storageId(TensorId(row));
            if (!storage.valid()) continue;
            if (kept[row])
                storageKept[storage.index()] = true;
            else
                storageLost_[storage.index()] = true;
        }
        for (std::size_t i = 0; i < storageLost_.size(); ++i)
            if (storageKept[i]) storageLost_[i] = false;
    }

    Result<ValueTree> run(Value root) {
        const auto copied = copy(root);
        if (stopped_) return cancelled();
        if (!refused_.empty())
            return fail(Errc::Unsupported,
                        refused_ + " out of its dictionary (--weights-only writes a flat one, where that works)");
        to_.setRoot(copied.value_or(ValueTree::none()));
        return std::move(to_);
    }

private:
    using Copied = std::optional<Value>;  // nothing: dropped

    Copied copy(Value v) {
        // Once stopped, all that is left is none.
        stopped_ = stopped_ || stop_.stopped();
        if (stopped_) return std::nullopt;
        switch (v.kind) {
            case ValueKind::Tensor:
                return copyTensor(from_.tensor(v));
            case ValueKind::Storage:
                return storageLost_[from_.storage(v).index()] ? std::nullopt : Copied(v);
            case ValueKind::BigInt:
            case ValueKind::String:
            case ValueKind::ByteString:
            case ValueKind::Bytes:
                return to_.textIn(v.kind, from_.text(v));
            case ValueKind::Tuple: {
                bool lost = false;
                return copyTuple(v, lost);
            }
            case ValueKind::ByteArray:
            case ValueKind::List:
            case ValueKind::Set:
            case ValueKind::FrozenSet:
            case ValueKind::Dict:
            case ValueKind::Global:
            case ValueKind::Object:
            case ValueKind::Persistent:
                return copyShared(v);
            case ValueKind::None:
            case ValueKind::Bool:
            case ValueKind::Int:
            case ValueKind::Float:
                return v;
        }
        return v;
    }

    Copied copyTensor(TensorId id) const {
        const auto row = rows_.find(path_, id);
        if (!kept_[row.index()]) return std::nullopt;
        const bool likeFirst = kept_[id.index()] && dtypes_[row.index()] == dtypes_[id.index()];
        return ValueTree::tensorRef(likeFirst ? id : row);
    }

    // The row that an object is, where the copy has it as a tensor.
    [[nodiscard]] TensorId rowOfObject(Value v) const {
        if (!makesDenseTensor(from_, v)) return {};
        const auto row = rows_.at(path_);
        const bool cast = row.valid() && table_.isLazyView(row) && dtypes_[row.index()] != table_.dtype(row);
        return replaced_ == DenseObjects::All || cast ? row : TensorId();
    }

    // What lies under `key` of the value whose path is the present one.
    Copied copyUnder(const std::string& key, Value v) {
        const auto length = path_.size();
        if (length != 0) path_ += '.';
        path_ += key;
        const auto copied = copy(v);
        path_.resize(length);
        return copied;
    }

    // The key of a mapping's entry; a tensor's as it is renamed.
    Value copyKey(Value key, Value item) {
        if (item.kind != ValueKind::Tensor || renames_.empty()) return copyOrNone(key);
        const auto prefix = path_.size() > rootLength_ ? path_.substr(rootLength_) + "." : std::string();
        const auto name = prefix + keyText(from_, key);
        const auto newName = renamed(name, renames_);
        if (newName == name) return copyOrNone(key);
        if (key.kind != ValueKind::String || !newName.starts_with(prefix)) {
            refused_ = fmt::format("--rename would take '{}', as '{}',", name, newName);
            return copyOrNone(key);
        }
        return to_.textCopy(ValueKind::String, std::string_view(newName).substr(prefix.size()));
    }

    Value copyOrNone(Value v) { return copy(v).value_or(ValueTree::none()); }

    // `lost` is set where the tuple, or a tuple in it, held something that is dropped. Tuples are entered into the memo
    // when they are made: they cannot hold themselves without a container of another kind between.
    Value copyTuple(Value v, bool& lost) {
        if (v.length == 0) return to_.tuple({});
        if (const auto found = tuples_.find(ValueTree::identity(v)); found != tuples_.end()) {
            lost = lost || found->second.lost;
            return found->second.copy;
        }
        bool lostHere = false;
        const Value copy = copyItems(v, lostHere);
        tuples_.insert_or_assign(ValueTree::identity(v), CopiedTuple{copy, lostHere});
        lost = lost || lostHere;
        return copy;
    }

    Value copyItems(Value v, bool& lost) {
        std::vector<Value> items;
        items.reserve(v.length);
        for (std::uint32_t i = 0; i < v.length; ++i) {
            const Value item = from_.items(v)[i];
            if (item.kind == ValueKind::Tuple) {
                items.push_back(copyTuple(item, lost));
                continue;
            }
            const auto copied = copyUnder(std::to_string(i), item);
            lost = lost || !copied;
            items.push_back(copied.value_or(ValueTree::none()));
        }
        return to_.tuple(items);
    }

    // Containers are entered into the memo before their content, so that cycles end.
    Copied copyShared(Value v) {
        const auto key = (v.bits << 5U) | static_cast<std::uint64_t>(v.kind);
        if (const auto found = memo_.find(key); found != memo_.end()) return found->second;
        if (v.kind == ValueKind::Object) {
            if (const auto row = rowOfObject(v); row.valid())
                return kept_[row.index()] ? memo_[key] = ValueTree::tensorRef(row) : std::nullopt;
            return copyObject(v, key);
        }
        if (v.kind == ValueKind::Persistent) return memo_[key] = to_.persistent(copyOrNone(from_.persistentId(v)));
        if (v.kind == ValueKind::Global) return memo_[key] = to_.global(from_.globalModule(v), from_.globalName(v));
        if (v.kind == ValueKind::ByteArray) return memo_[key] = to_.textIn(v.kind, from_.text(v));
        if (v.kind == ValueKind::Dict) {
            const Value dict = to_.dict();
            memo_[key] = dict;
            for (const auto& [name, item] : from_.pairs(v))
                if (const auto copied = copyUnder(keyText(from_, name), item))
                    to_.insert(dict, copyKey(name, item), *copied);
            return dict;
        }
        const Value list = v.kind == ValueKind::List ? to_.list() : to_.set(v.kind);
        memo_[key] = list;
        std::size_t index = 0;
        for (const Value item : from_.items(v))
            to_.append(list, copyUnder(std::to_string(index++), item).value_or(ValueTree::none()));
        return list;
    }

    Copied copyObject(Value v, std::uint64_t key) {
        const ObjectParts& parts = from_.object(v);
        bool lost = false;
        ObjectParts copied;
        copied.form = parts.form;
        copied.callable = copyOrNone(parts.callable);
        copied.args = parts.args.kind == ValueKind::Tuple ? copyTuple(parts.args, lost) : copyOrNone(parts.args);
        copied.kwargs = copyOrNone(parts.kwargs);
        if (lost) return memo_[key] = std::nullopt;
        const Value object = to_.object(std::move(copied));
        memo_[key] = object;
        std::vector<Value> appended;
        for (const Value item : parts.appended) appended.push_back(copyOrNone(item));
        PairVector items;
        for (const auto& [name, item] : parts.items)
            if (const auto kept = copyUnder(keyText(from_, name), item)) items.emplace_back(copyKey(name, item), *kept);
        std::vector<Value> states;
        for (const Value state : parts.states) states.push_back(copyOrNone(state));
        ObjectParts& filled = to_.mutableObject(object);
        filled.appended = std::move(appended);
        filled.items = std::move(items);
        filled.states = std::move(states);
        return object;
    }

    const ValueTree& from_;
    const TensorTable& table_;
    const std::vector<RenameRule>& renames_;
    DenseObjects replaced_;
    StopCheck stop_;
    bool stopped_ = false;
    std::size_t rootLength_;  // of the root's path with its dot
    std::string refused_;
    RowsByPath rows_;
    const std::vector<bool>& kept_;
    const std::vector<DType>& dtypes_;
    std::vector<bool> storageLost_;
    std::string path_;  // of the value that is being copied
    std::unordered_map<std::uint64_t, Copied> memo_;
    struct CopiedTuple {
        Value copy;
        bool lost;
    };
    std::unordered_map<std::uint64_t, CopiedTuple> tuples_;
    ValueTree to_;
};

}  // namespace

Result<ValueTree> pruneTree(const Checkpoint& source, Value root, const std::string& rootPath,
                            const std::vector<bool>& kept, const std::vector<DType>& to,
                            const std::vector<RenameRule>& renames, DenseObjects replaced,
                            const std::stop_token& stop) {
    return Pruning(source, rootPath, kept, to, renames, replaced, stop).run(root);
}

}  // namespace plimsoll
