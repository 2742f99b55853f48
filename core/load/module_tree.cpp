// SPDX-License-Identifier: GPL-3.0-or-later
#include "load/module_tree.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "load/torch_type.h"

namespace plimsoll {

namespace {

// Names that nn.Modules register as buffers though they are floating point.
constexpr std::array<std::string_view, 6> kBufferNames = {"running_mean", "running_var", "inv_freq",
                                                          "position_ids", "masked_bias", "num_batches_tracked"};

std::string_view leafOf(std::string_view name) {
    const auto dot = name.rfind('.');
    return dot == std::string_view::npos ? name : name.substr(dot + 1);
}

bool canHaveGradient(at::ScalarType type) {
    return at::isFloatingType(type) || at::isComplexType(type);
}

bool isParameter(const TensorTable& tensors, TensorId row, at::ScalarType type) {
    if (tensors.isParameter(row)) return true;
    if (!canHaveGradient(type)) return false;
    const std::string_view leaf = leafOf(tensors.name(row));
    return !leaf.ends_with("mask") && std::find(kBufferNames.begin(), kBufferNames.end(), leaf) == kBufferNames.end();
}

// The name as modules can have it: they allow no empty part, checkpoints do ("a..b").
std::string moduleName(std::string_view name) {
    std::string result;
    for (std::size_t at = 0;;) {
        const auto dot = name.find('.', at);
        const auto part = name.substr(at, dot - at);
        result += part.empty() ? std::string_view("(empty)") : part;
        if (dot == std::string_view::npos) return result;
        result += '.';
        at = dot + 1;
    }
}

// Nested dicts may lead to one dotted name twice.
Result<void> checkNames(const TensorTable& tensors) {
    std::vector<std::string_view> names;
    names.reserve(tensors.size());
    for (std::uint32_t row = 0; row < tensors.size(); ++row) names.push_back(tensors.name(TensorId(row)));
    std::sort(names.begin(), names.end());
    const auto twice = std::adjacent_find(names.begin(), names.end());
    if (twice == names.end()) return {};
    return fail(Errc::Unsupported, fmt::format("two tensors are named '{}', which a model cannot hold", *twice));
}

bool hasRandomInit(at::ScalarType type) {
    return type == at::kDouble || type == at::kFloat || type == at::kHalf || type == at::kBFloat16;
}

at::Tensor freshTensor(const ModuleTree::Slot& slot, ModuleTree::Memory memory) {
    if (memory == ModuleTree::Memory::Meta)
        return at::empty(slot.sizes, at::TensorOptions().dtype(slot.type).device(at::kMeta));
    at::Tensor tensor = at::empty(slot.sizes, at::TensorOptions().dtype(slot.type));
    if (hasRandomInit(slot.type))
        tensor.normal_(0.0, 0.02);
    else if (tensor.nbytes() != 0)
        std::memset(tensor.data_ptr(), 0, tensor.nbytes());
    return tensor;
}

}  // namespace

ModuleTree::ModuleTree(std::shared_ptr<const Checkpoint> checkpoint, std::optional<DType> target)
    : checkpoint_(std::move(checkpoint)),
      target_(target),
      distinct_(distinctTensors(checkpoint_->tensors)),
      root_(std::make_shared<torch::nn::Module>("")) {}

const torch::nn::Module& ModuleTree::root() const noexcept {
    return *root_;
}

Result<ModuleTree> ModuleTree::build(std::shared_ptr<const Checkpoint> checkpoint, Memory memory,
                                     std::optional<DType> target) {
    TRY_VOID(checkNames(checkpoint->tensors));
    ModuleTree tree(std::move(checkpoint), target);
    TRY_VOID(tree.makeSlots(memory));
    tree.registerAll();
    return tree;
}

Result<void> ModuleTree::makeSlots(Memory memory) {
    const TensorTable& tensors = checkpoint_->tensors;
    slots_.reserve(distinct_.first.size());
    for (const TensorId row : distinct_.first) {
        const auto stored = torchType(tensors.dtype(row));
        const auto type = torchType(dtypeAs(tensors, row, target_));
        if (!stored || !type)
            return fail(Errc::Unsupported, fmt::format("tensor '{}' has dtype {}, which torch has no tensors of",
                                                       tensors.name(row), tensors.dtypeName(row)));
        if (tensors.storage(row).encoding == StorageEncoding::Absent) {
            return fail(Errc::Unsupported, fmt::format("tensor '{}' has no bytes: it was saved without data, or its "
                                                       "shard is missing",
                                                       tensors.name(row)));
        }
        Slot slot{row, *stored, *type, {}, {}};
        for (const std::uint64_t size : tensors.shape(row)) {
            if (size > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
                return fail(Errc::Overflow, fmt::format("tensor '{}' has a dimension of {}", tensors.name(row), size));
            slot.sizes.push_back(static_cast<std::int64_t>(size));
        }
        slot.value = freshTensor(slot, memory);
        bytes_ += bytesAs(tensors, row, target_);
        slots_.push_back(std::move(slot));
    }
    return {};
}

void ModuleTree::registerAll() {
    const TensorTable& tensors = checkpoint_->tensors;
    std::unordered_map<std::string, std::shared_ptr<torch::nn::Module>> modules;  // by path, each with a final dot
    for (std::uint32_t row = 0; row < tensors.size(); ++row) {
        const Slot& slot = slots_[distinct_.ofRow[row]];
        const std::string name = moduleName(tensors.name(TensorId(row)));
        auto module = root_;
        std::size_t at = 0;
        for (auto dot = name.find('.'); dot != std::string::npos; dot = name.find('.', at)) {
            auto& child = modules[name.substr(0, dot + 1)];
            if (!child)
                child = module->register_module(name.substr(at, dot - at), std::make_shared<torch::nn::Module>(""));
            module = child;
            at = dot + 1;
        }
        if (isParameter(tensors, TensorId(row), slot.type))
            module->register_parameter(name.substr(at), slot.value, canHaveGradient(slot.type));
        else
            module->register_buffer(name.substr(at), slot.value);
    }
}

void ModuleTree::assign(std::size_t slot, const at::Tensor& value) {
    // What set_data does; it refuses to go from meta to memory, though it is the same kind of tensor.
    slots_[slot].value.unsafeGetTensorImpl()->shallow_copy_from(value.getIntrusivePtr());
}

void ModuleTree::to(at::Device device) {
    for (std::size_t slot = 0; slot < slots_.size(); ++slot)
        if (slots_[slot].value.device() != device) assign(slot, slots_[slot].value.detach().to(device));
}

void ModuleTree::toEmpty(at::Device device) {
    for (std::size_t slot = 0; slot < slots_.size(); ++slot)
        assign(slot, at::empty(slots_[slot].sizes, at::TensorOptions().dtype(slots_[slot].type).device(device)));
}

std::vector<at::Tensor> ModuleTree::heldByRow() const {
    std::unordered_map<std::string, at::Tensor> held;
    for (const auto& item : root_->named_parameters()) held.emplace(item.key(), item.value());
    for (const auto& item : root_->named_buffers()) held.emplace(item.key(), item.value());
    const TensorTable& tensors = checkpoint_->tensors;
    std::vector<at::Tensor> byRow(tensors.size());
    for (std::uint32_t row = 0; row < tensors.size(); ++row) {
        const auto found = held.find(moduleName(tensors.name(TensorId(row))));
        if (found != held.end()) byRow[row] = found->second;
    }
    return byRow;
}

}  // namespace plimsoll
