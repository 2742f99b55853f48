// SPDX-License-Identifier: GPL-3.0-or-later
#include "lab/strategies.h"

#include <algorithm>
#include <array>
#include <string>

namespace plimsoll {

namespace {

constexpr std::string_view kBaseline = R"(import torch

device = "@device@"
model = Model().to(device)
state_dict = torch.load("checkpoint.pth", map_location=device, weights_only=True)
model.load_state_dict(state_dict)
del state_dict
)";

constexpr std::string_view kSequential = R"(import torch

device = "@device@"
model = Model().to(device)
state_dict = torch.load("checkpoint.pth", map_location="cpu", weights_only=True)
with torch.no_grad():
    for name, tensor in model.state_dict().items():  # parameters and buffers
        tensor.copy_(state_dict[name].to(device))
del state_dict
)";

constexpr std::string_view kMeta = R"(import torch

device = "@device@"
with torch.device("meta"):
    model = Model()
model = model.to_empty(device=device)
state_dict = torch.load("checkpoint.pth", map_location=device, weights_only=True)
with torch.no_grad():
    for name, tensor in model.state_dict().items():
        tensor.copy_(state_dict[name])
del state_dict
)";

constexpr std::string_view kMmapAssign = R"(import torch

device = "@device@"
with torch.device("meta"):
    model = Model()
state_dict = torch.load("checkpoint.pth", map_location=device, weights_only=True, mmap=True)
model.load_state_dict(state_dict, assign=True)
# Create the optimizer after this line: assigning replaces the parameters.
)";

constexpr std::string_view kPerTensor = R"(import torch

device = "@device@"
# Made once: torch.save(tensor.clone(), f"parts/{name}.pt") for each tensor of the state dict.
with torch.device("meta"):
    model = Model()
model = model.to_empty(device=device)
with torch.no_grad():
    for name, tensor in model.state_dict().items():
        part = torch.load(f"parts/{name}.pt", map_location="cpu", weights_only=True)
        tensor.copy_(part)
        del part
)";

constexpr std::string_view kMmapProcess = R"(import torch

device = "@device@"
with torch.device("meta"):
    model = Model()
state_dict = torch.load("checkpoint.pth", map_location="cpu", weights_only=True, mmap=True)
for name, tensor in state_dict.items():
    dtype = torch.@dtype@ if tensor.is_floating_point() else tensor.dtype
    state_dict[name] = tensor.to(dtype=dtype).to(device)
model.load_state_dict(state_dict, assign=True)
)";

constexpr std::string_view kLazy = R"(import torch

device = "@device@"
dtype = torch.@dtype@
with torch.device("meta"):
    model = Model().to(dtype)
model = model.to_empty(device=device)
# A mapped state dict stands for the proxies: the bytes of a tensor are read when it is cloned.
proxies = torch.load("checkpoint.pth", map_location="cpu", weights_only=True, mmap=True)
with torch.no_grad():
    for name, tensor in model.state_dict().items():
        part = proxies.pop(name).clone()
        tensor.copy_(part.to(tensor.dtype))
        del part
)";

constexpr std::string_view kStreamed = R"(import torch

device = "@device@"
# The nearest that plain PyTorch has: it goes through the page cache and copies on one thread.
with torch.device("meta"):
    model = Model()@cast@
model = model.to_empty(device=device)
state_dict = torch.load("checkpoint.pth", map_location="cpu", weights_only=True, mmap=True)
with torch.no_grad():
    for name, tensor in model.state_dict().items():
        tensor.copy_(state_dict.pop(name))
)";

// All of them, with what stands for each.
std::string filled(std::string_view text, std::string_view mark, std::string_view value) {
    std::string result;
    for (auto at = text.find(mark); at != std::string_view::npos; at = text.find(mark)) {
        result.append(text.substr(0, at)).append(value);
        text.remove_prefix(at + mark.size());
    }
    return result.append(text);
}

using Casts = StrategyInfo::Casts;

constexpr std::array<StrategyInfo, 8> kStrategies = {{
    {"baseline", "builds the model, then loads a whole state dict beside it: holds the weights twice", kBaseline,
     Casts::Never},
    {"sequential", "as baseline, with the state dict in host memory: the device holds the weights once", kSequential,
     Casts::Never},
    {"meta", "a model without memory of its own until it is filled: no time for values that are overwritten", kMeta,
     Casts::Never},
    {"mmap-assign", "maps the file and makes its pages the weights: file-backed memory that the kernel can drop",
     kMmapAssign, Casts::Never},
    {"per-tensor", "reads one file per tensor: the weights once, and one tensor beside them", kPerTensor, Casts::Never},
    {"mmap-process", "maps the file and casts each tensor: the cast weights, and pages that the kernel can drop",
     kMmapProcess, Casts::Always},
    {"lazy", "reads each tensor when it is asked for, casts it and frees it: the cast weights and one tensor", kLazy,
     Casts::Always},
    {"streamed", "reads blocks past the page cache into their final place: the weights once, and 48 MiB of buffers",
     kStreamed, Casts::WhenAsked},
}};

}  // namespace

std::span<const StrategyInfo> strategies() noexcept {
    return kStrategies;
}

const StrategyInfo* findStrategy(std::string_view name) noexcept {
    const auto found =
        std::find_if(kStrategies.begin(), kStrategies.end(), [&](const StrategyInfo& s) { return s.name == name; });
    return found == kStrategies.end() ? nullptr : &*found;
}

std::string snippetOf(const StrategyInfo& strategy, std::string_view device, std::optional<DType> asked) {
    const auto dtype = targetOf(strategy, asked);
    const std::string name = dtype ? std::string(torchName(*dtype)) : std::string();
    std::string text = filled(strategy.snippet, "@device@", device);
    text = filled(text, "@cast@", dtype ? ".to(torch." + name + ")" : "");
    return filled(text, "@dtype@", name);
}

std::optional<DType> targetOf(const StrategyInfo& strategy, std::optional<DType> asked) noexcept {
    switch (strategy.casts) {
        case Casts::Never:
            return std::nullopt;
        case Casts::WhenAsked:
            return asked;
        case Casts::Always:
            return asked.value_or(DType::BF16);
    }
    return std::nullopt;
}

}  // namespace plimsoll
