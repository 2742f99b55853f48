// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "pickle/pickler.h"
#include "tensor/dtype.h"

namespace plimsoll {

// What torch.save's pickle says of a storage.
struct TorchStorage {
    std::uint64_t key = 0;     // the record's name: data/KEY
    DType dtype = DType::F32;  // element type of the storage
    bool untyped = false;      // an UntypedStorage whatever dtype is
    std::uint64_t elements = 0;
    std::string_view location = "cpu";  // outlives the pickle
};

// What it says of a tensor.
struct TorchTensor {
    DType dtype = DType::F32;
    std::uint64_t offsetElems = 0;
    std::span<const std::uint64_t> shape;
    std::span<const std::int64_t> strideElems;
    bool isParameter = false;
    bool requiresGrad = false;
};

// Writes tensors as torch.save does: torch._utils._rebuild_tensor_v2 on a persistent storage id, _rebuild_tensor_v3
// for types without a storage class, _rebuild_parameter around parameters. One per pickle.
class TorchPickle {
public:
    explicit TorchPickle(PickleWriter& out) : out_(out) {}

    void storage(const TorchStorage& storage);
    void tensor(const TorchStorage& storage, const TorchTensor& tensor);
    void emptyOrderedDict();

    // A whole pickle of one OrderedDict: beginState, then a name and a tensor each, then endState.
    void beginState();
    void stateKey(std::string_view name);
    void endState();

private:
    void global(std::string_view module, std::string_view name);
    void text(std::string_view value);
    void rebuildTensor(const TorchStorage& storage, const TorchTensor& tensor, bool requiresGrad);
    template <class Int>
    void tuple(std::span<const Int> numbers);

    PickleWriter& out_;
    std::size_t keys_ = 0;
    std::unordered_map<std::string_view, std::uint32_t> globals_;  // keys: literals and names of dtypes
    std::unordered_map<std::string_view, std::uint32_t> texts_;    // keys: literals and locations
};

}  // namespace plimsoll
