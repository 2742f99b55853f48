// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "checkpoint/tensor_table.h"
#include "pickle/value.h"

namespace plimsoll {

// The functions by which torch pickles tensors. Nothing is called: only their arguments are understood.
enum class TensorCall : std::uint8_t {
    None,
    Tensor,              // _rebuild_tensor(storage, offset, size, stride)
    TensorV2,            // ..., requires_grad, backward_hooks[, metadata]
    TensorV3,            // ..., requires_grad, backward_hooks, dtype[, metadata]
    QTensor,             // storage, offset, size, stride, quantizer_params, requires_grad, backward_hooks
    MetaTensor,          // dtype, size, stride, requires_grad
    Parameter,           // data, requires_grad, backward_hooks
    ParameterWithState,  // data, requires_grad, backward_hooks, state
    SparseTensor,        // layout, data
    CpuTensor,           // data, dtype, device, requires_grad
    WrapperSubclass,     // cls, dtype, size, stride, offset, layout, device, requires_grad
    FromType,            // func, type, args, state
};

[[nodiscard]] TensorCall tensorCallOf(const ValueTree& tree, Value callable) noexcept;

// True for the root of a file that is one tensor made of several (sparse, quantized): all its rows are parts of it.
[[nodiscard]] bool isTensorOfParts(const ValueTree& tree, Value root) noexcept;

// The items of a tuple or list of sizes, or of torch.Size(that).
[[nodiscard]] std::optional<std::span<const Value>> dimensionsOf(const ValueTree& tree, Value v);

// A number from 0 on.
[[nodiscard]] std::optional<std::uint64_t> naturalNumber(const ValueTree& tree, Value v);

// Reads arguments of tensor calls into table rows, without allocating per tensor. One thread.
class TensorArguments {
public:
    // The row for Tensor, TensorV2, TensorV3, QTensor and MetaTensor, without a name. Its spans are valid until the
    // next call. For MetaTensor the storage is left unset: it has none.
    //   errors  Corrupt: wrong count or kinds of arguments, what was expected
    [[nodiscard]] Result<TensorRow> parse(const ValueTree& tree, const TensorTable& table, TensorCall call,
                                          std::span<const Value> args);

private:
    [[nodiscard]] Result<void> parseLayout(const ValueTree& tree, Value size, Value stride);

    std::vector<std::uint64_t> shape_;
    std::vector<std::int64_t> stride_;
};

// What is wrong with a call that should make a tensor and cannot: "is rebuilt by ... from 2 arguments (expected 3)".
// Empty for other calls and where nothing is.
[[nodiscard]] std::string oddCall(const ValueTree& tree, const ObjectParts& call);

// True where a row says all that the call says: no metadata such as the conjugate bit, no backward hooks.
[[nodiscard]] bool isPlainTensor(const ValueTree& tree, TensorCall call, std::span<const Value> args);

}  // namespace plimsoll
