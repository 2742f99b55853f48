// SPDX-License-Identifier: GPL-3.0-or-later
#include "formats/torch_pickle/tensor_names.h"

#include <array>
#include <unordered_map>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/limits.h"
#include "checkpoint/words.h"
#include "formats/torch_pickle/tensor_call.h"
#include "io/page_release.h"
#include "pickle/value_marks.h"

namespace plimsoll {

namespace {

// Names in all. A small file can make paths of any length out of one long key.
constexpr std::uint64_t kComposedNameBytes = 256 * limits::MiB;

// Calls that are told one by one.
constexpr std::size_t kShownOddities = 20;

bool isText(Value v) {
    return v.kind == ValueKind::String || v.kind == ValueKind::ByteString;
}

bool isModuleContainer(std::string_view key) {
    return key == "_parameters" || key == "_buffers" || key == "_modules";
}

// Recurrent modules keep a list of their own parameters, which no state dict has. What else a file may put there is
// named with the tensors that are not reached.
constexpr std::string_view kFlatWeights = "_flat_weights";

class NameWalk {
public:
    NameWalk(FileBeingRead& file, std::size_t firstTensor)
        : file_(file),
          tree_(file.values),
          table_(file.checkpoint.tensors),
          firstTensor_(firstTensor),
          named_(table_.size() - firstTensor),
          entered_(tree_),
          releaser_(file.mapping()) {}

    Result<void> run() {
        TRY_VOID(visit(tree_.root()));
        while (!frames_.empty()) {
            Frame& frame = frames_.back();
            if (frame.next == frame.size()) {
                frames_.pop_back();
                continue;
            }
            releaser_.step();
            if ((++steps_ & 0xFFFFU) == 0 && file_.stop.stop_requested()) return cancelled();
            TRY_VOID(step(frame));
        }
        return nameTheRest();
    }

private:
    enum class Keys : std::uint8_t {
        Positions,    // items, named by their position
        SamePath,     // items, at the path of what holds them
        Pairs,        // key and value
        ModulePairs,  // the same, but a module's containers leave no trace
        PairItems,    // items that are [key, value] themselves
    };
    // A container that is being walked. Spans stay valid: the walk adds nothing to the tree.
    struct Frame {
        Keys keys;
        std::span<const Value> items;
        std::span<const std::pair<Value, Value>> pairs;
        std::size_t next = 0;
        std::size_t pathBytes = 0;     // of the path of the container
        std::uint32_t components = 0;  // in that path

        [[nodiscard]] std::size_t size() const noexcept {
            return keys == Keys::Pairs || keys == Keys::ModulePairs ? pairs.size() : items.size();
        }
    };

    // Visits the next child of a frame. The frame is gone, or elsewhere, afterwards.
    Result<void> step(Frame& frame) {
        path_.resize(frame.pathBytes);
        components_ = frame.components;
        const std::size_t position = frame.next++;
        switch (frame.keys) {
            case Keys::SamePath:
                return visit(frame.items[position]);
            case Keys::Positions: {
                const Value item = frame.items[position];
                TRY_VOID(enter(std::to_string(position), false));
                return visit(item);
            }
            case Keys::PairItems: {
                const Value pair = frame.items[position];
                if (pair.kind != ValueKind::Tuple && pair.kind != ValueKind::List) return {};
                const auto parts = tree_.items(pair);
                if (parts.size() != 2) return {};
                TRY_VOID(enterKey(parts[0]));
                return visit(parts[1]);
            }
            case Keys::Pairs:
            case Keys::ModulePairs:
                break;
        }
        const auto [key, value] = frame.pairs[position];
        if (frame.keys == Keys::ModulePairs && isText(key) && tree_.text(key) == kFlatWeights) return {};
        if (frame.keys == Keys::Pairs || !isText(key) || !isModuleContainer(tree_.text(key))) TRY_VOID(enterKey(key));
        return visit(value);
    }

    Result<void> enterKey(Value key) {
        if (isText(key)) return enter(tree_.text(key), true);
        constexpr std::size_t kKeyChars = 4096;
        return enter(repr(tree_, key, kKeyChars), false);
    }

    // lasting: the text lives as long as the tree.
    Result<void> enter(std::string_view component, bool lasting) {
        only_ = components_ == 0 && lasting ? component : std::string_view();
        if (components_++ > 0) path_ += '.';
        if (path_.size() + component.size() > kComposedNameBytes)
            return fail(Errc::OverLimit, fmt::format("a tensor's path is longer than {} bytes", kComposedNameBytes));
        path_ += component;
        return {};
    }

    void push(Keys keys, std::span<const Value> items, std::span<const std::pair<Value, Value>> pairs = {}) {
        if (items.empty() && pairs.empty()) return;
        frames_.push_back({keys, items, pairs, 0, path_.size(), components_});
    }

    // False where the container was entered before, or lies too deep.
    bool enterOnce(Value v) {
        if (frames_.size() >= limits::kNestingDepth) {
            tooDeep_ = true;
            return false;
        }
        return entered_.insert(v);
    }

    Result<void> visit(Value v) {
        switch (v.kind) {
            case ValueKind::Tensor:
                return name(tree_.tensor(v));
            case ValueKind::Tuple:
            case ValueKind::List:
            case ValueKind::Set:
            case ValueKind::FrozenSet:
                if (enterOnce(v)) push(Keys::Positions, tree_.items(v));
                return {};
            case ValueKind::Dict:
                if (enterOnce(v)) push(Keys::Pairs, {}, tree_.pairs(v));
                return {};
            case ValueKind::Object:
                return visitObject(v);
            default:
                return {};
        }
    }

    Result<void> visitObject(Value v) {
        const ObjectParts& parts = tree_.object(v);
        TensorCall call = tensorCallOf(tree_, parts.callable);
        Value args = parts.args;
        if (const auto oddity = oddCall(tree_, parts); !oddity.empty() && ++oddCalls_ <= kShownOddities)
            file_.warn(fmt::format("tensor {} {}", inQuotes(path_), oddity));
        // A row under every path; what lies below is walked once.
        if (call == TensorCall::FromType && args.kind == ValueKind::Tuple && tree_.items(args).size() == 4) {
            const auto outer = tree_.items(args);
            call = tensorCallOf(tree_, outer[0]);
            args = outer[2];
            TRY_VOID(visitCall(v, call, args));
            if (!enterOnce(v)) return {};
            pushParts(parts);
            pushState(outer[3], Keys::Pairs);
            return {};
        }
        TRY_VOID(visitCall(v, call, args));
        if (!enterOnce(v)) return {};
        pushParts(parts);
        if (call == TensorCall::None) pushArguments(parts);
        return {};
    }

    // The tensors that the call itself makes.
    Result<void> visitCall(Value v, TensorCall call, Value args) {
        if (args.kind != ValueKind::Tuple) return {};
        const auto items = tree_.items(args);
        switch (call) {
            case TensorCall::Tensor:
            case TensorCall::TensorV2:
            case TensorCall::TensorV3:
            case TensorCall::QTensor:
            case TensorCall::MetaTensor:
                return objectRow(v, call, items);
            case TensorCall::Parameter:
            case TensorCall::ParameterWithState:
            case TensorCall::CpuTensor:
                return wrappedTensor(v, call, items);
            case TensorCall::SparseTensor:
                return sparseParts(items);
            default:
                return {};
        }
    }

    // A call around a tensor: what it wraps lies at the same path.
    Result<void> wrappedTensor(Value v, TensorCall call, std::span<const Value> items) {
        if (items.empty()) return {};
        if (items[0].kind == ValueKind::Tensor) {
            TRY_VOID(name(tree_.tensor(items[0])));
        } else if (!entered_.contains(v)) {
            push(Keys::SamePath, items.first(1));
        }
        if (call == TensorCall::ParameterWithState && items.size() == 4) pushState(items[3], Keys::Pairs);
        return {};
    }

    Result<void> objectRow(Value v, TensorCall call, std::span<const Value> items) {
        const auto known = objectRows_.find(v.bits);
        TensorId id;
        if (known != objectRows_.end()) {
            TRY(id, table_.addAgain(known->second, {}, TensorTable::Name::Point));
        } else {
            TRY(auto row, arguments_.parse(tree_, table_, call, items));
            if (call == TensorCall::MetaTensor) {
                Storage storage;
                storage.file = file_.file;
                storage.encoding = StorageEncoding::Absent;
                storage.dtype = row.dtype;
                storage.key = "meta";
                row.storage = table_.addStorage(storage);
            }
            row.name = path_;
            TRY(id, table_.add(row, TensorTable::Name::Point));
            objectRows_.emplace(v.bits, id);
            if (row.isConjugate || row.isNegative) {
                file_.warn(fmt::format("tensor {} is a lazy {} view: its values are the stored bytes {}",
                                       inQuotes(path_), row.isConjugate ? "conjugate" : "negative",
                                       row.isConjugate && row.isNegative ? "conjugated and negated"
                                       : row.isConjugate                 ? "conjugated"
                                                                         : "negated"));
            }
        }
        TRY_VOID(setName(id));
        // Per-channel quantizers hold tensors: (scheme, scales, zero points, axis).
        if (call == TensorCall::QTensor && items[4].kind == ValueKind::Tuple) {
            constexpr std::array<std::string_view, 2> kParts = {"scales", "zero_points"};
            TRY_VOID(nameParts(tree_.items(items[4]).subspan(std::min<std::size_t>(1, tree_.items(items[4]).size())),
                               kParts));
        }
        return {};
    }

    Result<void> sparseParts(std::span<const Value> items) {
        constexpr std::array<std::string_view, 2> kCoo = {"indices", "values"};
        constexpr std::array<std::string_view, 3> kRows = {"crow_indices", "col_indices", "values"};
        constexpr std::array<std::string_view, 3> kColumns = {"ccol_indices", "row_indices", "values"};
        if (items.size() != 2 || items[1].kind != ValueKind::Tuple) {
            return fail(Errc::Corrupt, fmt::format("sparse tensor {} is rebuilt from {} arguments (expected a layout "
                                                   "and a tuple)",
                                                   inQuotes(path_), items.size()));
        }
        const auto data = tree_.items(items[1]);
        const std::string layout = layoutName(items[0]);
        TRY_VOID(checkSparse(data, layout == "torch.sparse_coo" ? 2 : 3));
        if (layout == "torch.sparse_coo") return nameParts(data, kCoo);
        if (layout == "torch.sparse_csr" || layout == "torch.sparse_bsr") return nameParts(data, kRows);
        if (layout == "torch.sparse_csc" || layout == "torch.sparse_bsc") return nameParts(data, kColumns);
        return fail(Errc::Corrupt, fmt::format("sparse tensor {} has layout {} (expected one such as torch.sparse_coo)",
                                               inQuotes(path_), inQuotes(layout)));
    }

    // Its parts are tensors, then its size; newer versions say of COO whether it is coalesced.
    Result<void> checkSparse(std::span<const Value> data, std::size_t tensors) const {
        bool sound = data.size() > tensors && data.size() <= tensors + 2;
        for (std::size_t i = 0; sound && i < tensors; ++i)
            sound = data[i].kind == ValueKind::Tensor || data[i].kind == ValueKind::Object;
        const auto dims = sound ? dimensionsOf(tree_, data[tensors]) : std::nullopt;
        if (dims && std::ranges::all_of(*dims, [&](Value dim) { return naturalNumber(tree_, dim).has_value(); }))
            return {};
        return fail(Errc::Corrupt, fmt::format("sparse tensor {} is made of {} values (expected {} tensors and a size)",
                                               inQuotes(path_), data.size(), tensors));
    }

    // torch.serialization._get_layout('torch.sparse_csr')
    std::string layoutName(Value layout) {
        if (layout.kind != ValueKind::Object) return repr(tree_, layout);
        const Value args = tree_.object(layout).args;
        const auto items = args.kind == ValueKind::Tuple ? tree_.items(args) : std::span<const Value>();
        return items.size() == 1 && isText(items[0]) ? std::string(tree_.text(items[0])) : repr(tree_, layout);
    }

    Result<void> nameParts(std::span<const Value> parts, std::span<const std::string_view> names) {
        const std::size_t pathBytes = path_.size();
        const std::uint32_t components = components_;
        for (std::size_t i = 0; i < parts.size() && i < names.size(); ++i) {
            TRY_VOID(enter(names[i], false));
            if (parts[i].kind == ValueKind::Tensor) TRY_VOID(name(tree_.tensor(parts[i])));
            path_.resize(pathBytes);
            components_ = components;
        }
        return {};
    }

    // Attributes and items of an object; the first to be walked is pushed last.
    void pushParts(const ObjectParts& parts) {
        push(Keys::Pairs, {}, parts.items);
        push(Keys::Positions, parts.appended);
        for (auto state = parts.states.rbegin(); state != parts.states.rend(); ++state)
            pushState(*state, isModule(*state) ? Keys::ModulePairs : Keys::Pairs);
        if (parts.kwargs.kind == ValueKind::Dict) pushState(parts.kwargs, Keys::Pairs);
    }

    bool isModule(Value state) const {
        return state.kind == ValueKind::Dict && tree_.find(state, "_parameters") && tree_.find(state, "_modules");
    }

    // A state is a dict of attributes, or a pair of those and the slots' attributes, or what the class makes of it.
    void pushState(Value state, Keys keys) {
        if (state.kind == ValueKind::Dict) {
            if (enterOnce(state)) push(keys, {}, tree_.pairs(state));
        } else if (state.kind == ValueKind::Tuple) {
            const auto items = tree_.items(state);
            const auto isAttributes = [](Value v) { return v.kind == ValueKind::Dict || v.kind == ValueKind::None; };
            const bool pair = items.size() == 2 && isAttributes(items[0]) && isAttributes(items[1]);
            if (!enterOnce(state)) return;
            if (!pair) return push(Keys::Positions, items);
            for (const Value attributes : {items[1], items[0]})
                if (attributes.kind == ValueKind::Dict) pushState(attributes, keys);
        } else if (state.kind == ValueKind::Object) {
            if (enterOnce(state)) pushParts(tree_.object(state));
        } else if (state.kind == ValueKind::List) {
            if (enterOnce(state)) push(Keys::Positions, tree_.items(state));
        }
    }

    // What an unknown callable is given: by position, as its parameters' names are not in the file.
    void pushArguments(const ObjectParts& parts) {
        if (parts.args.kind != ValueKind::Tuple) return;
        const auto args = tree_.items(parts.args);
        const bool oneContainer =
            args.size() == 1 && (args[0].kind == ValueKind::List || args[0].kind == ValueKind::Tuple);
        if (oneContainer && isCallTo(parts.callable, "collections", {"OrderedDict"})) {
            if (enterOnce(args[0])) push(Keys::PairItems, tree_.items(args[0]));
        } else if (oneContainer && isBuiltinContainer(parts.callable)) {
            push(Keys::SamePath, args);
        } else {
            push(Keys::Positions, args);
        }
    }

    bool isCallTo(Value callable, std::string_view module, std::span<const std::string_view> names) const {
        if (callable.kind != ValueKind::Global || tree_.globalModule(callable) != module) return false;
        for (const auto candidate : names)
            if (tree_.globalName(callable) == candidate) return true;
        return false;
    }
    bool isCallTo(Value callable, std::string_view module, std::initializer_list<std::string_view> names) const {
        return isCallTo(callable, module, std::span(names.begin(), names.size()));
    }
    bool isBuiltinContainer(Value callable) const {
        constexpr std::array<std::string_view, 4> kNames = {"set", "frozenset", "list", "tuple"};
        return isCallTo(callable, "builtins", kNames) || isCallTo(callable, "__builtin__", kNames);
    }

    // The tensor `id` lies at the current path.
    Result<void> name(TensorId id) {
        const std::size_t row = id.index() - firstTensor_;
        if (row < named_.size() && !named_[row]) {
            named_[row] = true;
            return setName(id);
        }
        TRY(const auto again, table_.addAgain(id, {}, TensorTable::Name::Point));
        return setName(again);
    }

    Result<void> setName(TensorId id) {
        // Also those that are not copied: each is printed.
        composed_ += path_.size();
        if (composed_ > kComposedNameBytes)
            return fail(Errc::OverLimit,
                        fmt::format("the tensors' paths together are longer than {} bytes", kComposedNameBytes));
        if (components_ == 1 && only_.data() != nullptr) {
            table_.rename(id, only_, TensorTable::Name::Point);
        } else {
            table_.rename(id, path_, TensorTable::Name::Copy);
        }
        return {};
    }

    // Tensors that the pickle builds but the walk did not reach: they are never dropped.
    Result<void> nameTheRest() {
        std::size_t unreached = 0;
        for (std::size_t row = 0; row < named_.size(); ++row) {
            if (named_[row]) continue;
            path_ = fmt::format("unreached.{}", unreached++);
            components_ = 2;
            TRY_VOID(setName(TensorId(static_cast<std::uint32_t>(firstTensor_ + row))));
        }
        if (unreached > 0) {
            file_.warn(fmt::format("{} tensors are built but {}; they are named unreached.0 and so on", unreached,
                                   tooDeep_ ? "some lie deeper than can be walked" : "are not part of the result"));
        } else if (tooDeep_) {
            file_.warn(fmt::format("values nested deeper than {} levels were not walked", limits::kNestingDepth));
        }
        return {};
    }

    FileBeingRead& file_;
    const ValueTree& tree_;
    TensorTable& table_;
    std::size_t firstTensor_;
    std::vector<bool> named_;
    TensorArguments arguments_;
    std::vector<Frame> frames_;
    ValueMarks entered_;
    PageReleaser releaser_;
    std::unordered_map<std::uint64_t, TensorId> objectRows_;
    std::string path_;
    std::string_view only_;  // the path, where it is one text key of the tree
    std::uint32_t components_ = 0;
    std::uint64_t composed_ = 0;
    std::uint64_t steps_ = 0;
    std::size_t oddCalls_ = 0;
    bool tooDeep_ = false;
};

}  // namespace

Result<void> nameTensors(FileBeingRead& file, std::size_t firstTensor, std::uint64_t pickleOffset) {
    auto named = NameWalk(file, firstTensor).run();
    if (!named && named.error().offset == kNoOffset) named.error().offset = pickleOffset;
    return named;
}

}  // namespace plimsoll
