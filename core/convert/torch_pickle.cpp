// SPDX-License-Identifier: GPL-3.0-or-later
#include "convert/torch_pickle.h"

#include <string>

namespace plimsoll {

void TorchPickle::global(std::string_view module, std::string_view name) {
    // Names are unique across the few modules that are used here.
    if (const auto found = globals_.find(name); found != globals_.end()) return out_.get(found->second);
    out_.global(module, name);
    globals_.emplace(name, out_.memoize());
}

void TorchPickle::text(std::string_view value) {
    if (const auto found = texts_.find(value); found != texts_.end()) return out_.get(found->second);
    out_.text(value);
    texts_.emplace(value, out_.memoize());
}

template <class Int>
void TorchPickle::tuple(std::span<const Int> numbers) {
    if (numbers.empty()) return out_.emptyTuple();
    if (numbers.size() > 3) out_.mark();
    for (const auto number : numbers) out_.integer(static_cast<std::int64_t>(number));
    switch (numbers.size()) {
        case 1:
            return out_.tuple1();
        case 2:
            return out_.tuple2();
        case 3:
            return out_.tuple3();
        default:
            return out_.tupleFromMark();
    }
}

void TorchPickle::emptyOrderedDict() {
    global("collections", "OrderedDict");
    out_.emptyTuple();
    out_.reduce();
}

void TorchPickle::beginState() {
    out_.proto2();
    emptyOrderedDict();
    out_.mark();
}

void TorchPickle::stateKey(std::string_view name) {
    // As Python's pickler does: the reader's stack stays small.
    constexpr std::size_t kBatch = 1000;
    if (keys_++ % kBatch == 0 && keys_ > 1) {
        out_.setItemsFromMark();
        out_.mark();
    }
    out_.text(name);
}

void TorchPickle::endState() {
    out_.setItemsFromMark();
    out_.stop();
}

void TorchPickle::storage(const TorchStorage& storage) {
    const auto storageClass = storageClassName(storage.dtype);
    out_.mark();
    text("storage");
    if (storage.untyped || storageClass.empty())
        global("torch.storage", "UntypedStorage");
    else
        global("torch", storageClass);
    out_.text(std::to_string(storage.key));
    text(storage.location);
    const auto bits = bitWidth(storage.dtype);
    const bool countsBytes = storage.untyped || storageClass.empty() || bits < 8;
    const auto scale = countsBytes && bits >= 8 ? bits / 8 : 1;
    out_.integer(static_cast<std::int64_t>(storage.elements * scale));
    out_.tupleFromMark();
    out_.persistentId();
}

void TorchPickle::rebuildTensor(const TorchStorage& into, const TorchTensor& tensor, bool requiresGrad) {
    const bool named = into.untyped || storageClassName(tensor.dtype).empty() || tensor.dtype != into.dtype;
    global("torch._utils", named ? "_rebuild_tensor_v3" : "_rebuild_tensor_v2");
    out_.mark();
    storage(into);
    out_.integer(static_cast<std::int64_t>(tensor.offsetElems));
    tuple(tensor.shape);
    tuple(tensor.strideElems);
    out_.boolean(requiresGrad);
    emptyOrderedDict();  // backward hooks
    if (named) global("torch", torchName(tensor.dtype));
    out_.tupleFromMark();
    out_.reduce();
}

void TorchPickle::tensor(const TorchStorage& into, const TorchTensor& tensor) {
    if (!tensor.isParameter) return rebuildTensor(into, tensor, tensor.requiresGrad);
    global("torch._utils", "_rebuild_parameter");
    rebuildTensor(into, tensor, false);
    out_.boolean(tensor.requiresGrad);
    emptyOrderedDict();
    out_.tuple3();
    out_.reduce();
}

}  // namespace plimsoll
