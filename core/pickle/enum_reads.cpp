// SPDX-License-Identifier: GPL-3.0-or-later
#include "pickle/enum_reads.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace plimsoll {

namespace {

struct EnumClass {
    std::string_view module;
    std::string_view name;
    // A plain Enum: its only public attributes are its members and mro. Those that are strings or numbers as well have
    // these types' methods, in small letters.
    bool plain;
};

// Enumerations in the metadata, arguments and settings that training programs save.
constexpr std::array kEnums = {
    EnumClass{"torch.distributed.checkpoint.metadata", "_MEM_FORMAT_ENCODING", true},
    EnumClass{"torch.distributed.fsdp.api", "BackwardPrefetch", true},
    EnumClass{"torch.distributed.fsdp.api", "ShardingStrategy", true},
    EnumClass{"torch.distributed.fsdp.api", "StateDictType", true},
    EnumClass{"megatron.core.enums", "ModelType", true},
    EnumClass{"megatron.core.transformer.enums", "AttnBackend", true},
    EnumClass{"megatron.core.transformer.enums", "AttnMaskType", true},
    EnumClass{"megatron.core.transformer.enums", "AttnType", true},
    EnumClass{"megatron.core.transformer.enums", "LayerType", true},
    EnumClass{"megatron.core.transformer.enums", "ModelType", true},
    EnumClass{"megatron.model.enums", "AttnMaskType", true},
    EnumClass{"megatron.model.enums", "AttnType", true},
    EnumClass{"megatron.model.enums", "LayerType", true},
    EnumClass{"megatron.model.enums", "ModelType", true},
    EnumClass{"megatron.model.enums", "PositionEmbeddingType", true},
    EnumClass{"accelerate.utils.dataclasses", "DistributedType", false},
    EnumClass{"accelerate.utils.dataclasses", "DynamoBackend", false},
    EnumClass{"accelerate.utils.dataclasses", "PrecisionType", false},
    EnumClass{"accelerate.utils.dataclasses", "SageMakerDistributedType", false},
    EnumClass{"peft.utils.peft_types", "PeftType", false},
    EnumClass{"peft.utils.peft_types", "TaskType", false},
    EnumClass{"transformers.trainer_utils", "EvaluationStrategy", false},
    EnumClass{"transformers.trainer_utils", "FSDPOption", false},
    EnumClass{"transformers.trainer_utils", "HubStrategy", false},
    EnumClass{"transformers.trainer_utils", "IntervalStrategy", false},
    EnumClass{"transformers.trainer_utils", "SaveStrategy", false},
    EnumClass{"transformers.trainer_utils", "SchedulerType", false},
    EnumClass{"transformers.training_args", "OptimizerNames", false},
};

bool isUpper(char c) noexcept {
    return c >= 'A' && c <= 'Z';
}

bool isLower(char c) noexcept {
    return c >= 'a' && c <= 'z';
}

}  // namespace

bool isGetattr(std::string_view module, std::string_view name) noexcept {
    return name == "getattr" && (module == "builtins" || module == "__builtin__");
}

std::optional<std::uint32_t> knownEnum(std::string_view module, std::string_view name) noexcept {
    for (std::uint32_t i = 0; i < kEnums.size(); ++i)
        if (kEnums[i].name == name && kEnums[i].module == module) return i;
    return std::nullopt;
}

bool isEnumMember(std::uint32_t knownEnum, std::string_view member) noexcept {
    const bool plain = kEnums[knownEnum].plain;
    if (member.empty() || member == "mro" || !(isUpper(member.front()) || (plain && isLower(member.front()))))
        return false;
    return std::ranges::all_of(
        member, [plain](char c) { return isUpper(c) || c == '_' || (c >= '0' && c <= '9') || (plain && isLower(c)); });
}

}  // namespace plimsoll
