// SPDX-License-Identifier: GPL-3.0-or-later
#include "load/module_checksum.h"

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include <fmt/format.h>

#include "lab/checksum.h"
#include "load/torch_type.h"
#include "memory/verify_block.h"

namespace plimsoll {

namespace {

constexpr std::int64_t kBlockBytes = static_cast<std::int64_t>(kVerifyBlockBytes);

void addContiguousHost(ModelChecksum& checksum, const at::Tensor& tensor) {
    checksum.add({static_cast<const std::byte*>(tensor.const_data_ptr()), tensor.nbytes()});
}

// Along the first dimension in parts of one block; where one step of it is larger than that, inside each step.
void addElements(ModelChecksum& checksum, const at::Tensor& tensor) {
    if (tensor.numel() == 0) return;
    if (tensor.is_cpu() && tensor.is_contiguous()) return addContiguousHost(checksum, tensor);
    const auto bytes = static_cast<std::int64_t>(tensor.nbytes());
    if (bytes <= kBlockBytes || tensor.dim() == 0) return addContiguousHost(checksum, tensor.contiguous().cpu());
    const std::int64_t steps = tensor.size(0);
    const std::int64_t stepBytes = bytes / steps;
    if (stepBytes > kBlockBytes) {
        for (std::int64_t step = 0; step < steps; ++step) addElements(checksum, tensor.select(0, step));
        return;
    }
    const std::int64_t stepsPerBlock = std::max<std::int64_t>(1, kBlockBytes / stepBytes);
    for (std::int64_t step = 0; step < steps; step += stepsPerBlock)
        addElements(checksum, tensor.narrow(0, step, std::min(stepsPerBlock, steps - step)));
}

bool isAs(const at::Tensor& tensor, const TensorTable& tensors, TensorId row, DType dtype) {
    const auto shape = tensors.shape(row);
    return tensor.defined() && tensor.scalar_type() == torchType(dtype) &&
           std::equal(shape.begin(), shape.end(), tensor.sizes().begin(), tensor.sizes().end(),
                      [](std::uint64_t a, std::int64_t b) { return static_cast<std::int64_t>(a) == b; });
}

}  // namespace

Result<std::string> moduleChecksum(const ModuleTree& tree) {
    const TensorTable& tensors = tree.checkpoint().tensors;
    const auto held = tree.heldByRow();
    ModelChecksum checksum;
    for (const TensorId row : checksumOrder(tensors)) {
        const at::Tensor& tensor = held[row.index()];
        const DType dtype = dtypeAs(tensors, row, tree.target());
        if (!isAs(tensor, tensors, row, dtype))
            return fail(Errc::Corrupt,
                        fmt::format("the loaded model has no tensor '{}' of its type and shape", tensors.name(row)));
        checksum.beginTensor(tensors.name(row), dtype, tensors.shape(row), dtype != tensors.dtype(row));
        addElements(checksum, tensor.detach());
    }
    return checksum.hex();
}

}  // namespace plimsoll
