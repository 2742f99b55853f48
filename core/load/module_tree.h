// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "checkpoint/checkpoint.h"
#include "checkpoint/distinct_tensors.h"
#include "load/torch_headers.h"

namespace plimsoll {

// A torch::nn::Module tree with the checkpoint's names: "a.b.weight" is the tensor "weight" of submodule "b" of "a".
//
// Parameter or buffer: what the checkpoint marks as torch.nn.Parameter is a parameter. A state dict marks nothing;
// there a floating-point or complex tensor is a parameter unless its last name says otherwise (*mask, running_mean,
// running_var, inv_freq, ...), everything else is a buffer. Memory does not depend on it.
//
// Names that share storage, offset and layout share one tensor here too. Every tensor is contiguous until a strategy
// assigns another one. Not safe from several threads, except that different slots may be filled at once.
class ModuleTree {
public:
    // One distinct tensor.
    struct Slot {
        TensorId tensor;                     // a row that names it
        at::ScalarType stored = at::kFloat;  // in the checkpoint
        at::ScalarType type = at::kFloat;    // in the module
        std::vector<std::int64_t> sizes;
        at::Tensor value;  // the handle that the modules hold as well

        [[nodiscard]] bool casts() const noexcept { return stored != type; }
    };

    // Where the tensors of a fresh tree are.
    enum class Memory : std::uint8_t {
        Meta,         // no bytes
        Initialised,  // on the host, every byte written: floating-point weights random as nn.init leaves them, others
                      // zero
    };

    // Floating-point tensors are of type `target` where one is given.
    //   errors  Unsupported, naming the tensor, where torch has no tensors of its dtype, the checkpoint has no bytes
    //           for it, or two have one name
    [[nodiscard]] static Result<ModuleTree> build(std::shared_ptr<const Checkpoint> checkpoint, Memory memory,
                                                  std::optional<DType> target = {});

    [[nodiscard]] std::span<const Slot> slots() const noexcept { return slots_; }
    [[nodiscard]] const torch::nn::Module& root() const noexcept;

    // Makes `value`, of the slot's type and sizes, what the modules hold under all names of the slot: what
    // load_state_dict(assign=True) does. No bytes are copied.
    void assign(std::size_t slot, const at::Tensor& value);

    // Each tensor to the device, one by one, as Module::to does.
    void to(at::Device device);
    // Uninitialised memory on the device for each tensor, as Module::to_empty does.
    void toEmpty(at::Device device);

    // What the modules themselves hold under the name of each row of the table; undefined where they hold nothing.
    [[nodiscard]] std::vector<at::Tensor> heldByRow() const;

    [[nodiscard]] const Checkpoint& checkpoint() const noexcept { return *checkpoint_; }
    [[nodiscard]] std::optional<DType> target() const noexcept { return target_; }
    [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }

private:
    ModuleTree(std::shared_ptr<const Checkpoint> checkpoint, std::optional<DType> target);
    [[nodiscard]] Result<void> makeSlots(Memory memory);
    void registerAll();

    std::shared_ptr<const Checkpoint> checkpoint_;
    std::optional<DType> target_;
    DistinctTensors distinct_;
    std::vector<Slot> slots_;
    std::shared_ptr<torch::nn::Module> root_;
    std::uint64_t bytes_ = 0;
};

}  // namespace plimsoll
