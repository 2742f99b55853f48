// SPDX-License-Identifier: GPL-3.0-or-later
#include "checkpoint/checkpoint.h"

#include <algorithm>

namespace plimsoll {

std::string_view formatName(Format format) noexcept {
    switch (format) {
        case Format::TorchZip:
            return "pytorch-zip";
        case Format::TorchLegacy:
            return "pytorch-legacy";
        case Format::TorchTar:
            return "pytorch-tar";
        case Format::TorchScript:
            return "torchscript";
        case Format::Safetensors:
            return "safetensors";
        case Format::SafetensorsIndex:
            return "safetensors-index";
        case Format::PytorchIndex:
            return "pytorch-index";
        case Format::Gguf:
            return "gguf";
        case Format::Npy:
            return "npy";
        case Format::Npz:
            return "npz";
        case Format::TorchDcp:
            return "torch-dcp";
        case Format::Tensors:
            return "tensors";
        case Format::Pickle:
            return "pickle";
        case Format::DeepSpeed:
            return "deepspeed";
        case Format::Megatron:
            return "megatron";
    }
    return "unknown";
}

std::uint64_t Checkpoint::fileBytes() const noexcept {
    std::uint64_t sum = 0;
    for (const auto& file : files) sum += file.bytes;
    return sum;
}

bool isRemote(const Checkpoint& checkpoint) noexcept {
    return std::ranges::any_of(checkpoint.files, [](const SourceFile& file) {
        return file.mapping && file.mapping->file().remote() != nullptr;
    });
}

Result<void> faultOf(const Checkpoint& checkpoint) {
    for (const auto& file : checkpoint.files)
        if (file.mapping) TRY_VOID(file.mapping->fault());
    return {};
}

TensorId findTensor(const TensorTable& tensors, std::string_view name) noexcept {
    for (std::uint32_t i = 0; i < tensors.size(); ++i)
        if (tensors.name(TensorId(i)) == name) return TensorId(i);
    return {};
}

}  // namespace plimsoll
