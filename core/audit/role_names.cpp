// SPDX-License-Identifier: GPL-3.0-or-later
#include "audit/role_names.h"

#include <algorithm>
#include <array>

namespace plimsoll {

namespace {

using namespace std::string_view_literals;

// Where trainers keep an optimizer: plain torch, Lightning, Megatron, DeepSpeed, FSDP, DCP.
constexpr std::array kOptimizerParts = {"optimizer"sv,        "optimizers"sv,       "optim"sv,
                                        "optimizer_state"sv,  "optimizer_states"sv, "optimizer_state_dict"sv,
                                        "optim_state_dict"sv, "optim_state"sv};

// ema-pytorch, torch_ema, timm, Lightning, YOLO, BasicSR, latent diffusion, torch's AveragedModel.
constexpr std::array kEmaParts = {"ema"sv,
                                  "EMA"sv,
                                  "model_ema"sv,
                                  "ema_model"sv,
                                  "ema_state_dict"sv,
                                  "state_dict_ema"sv,
                                  "ema_state"sv,
                                  "ema_params"sv,
                                  "params_ema"sv,
                                  "ema_weights"sv,
                                  "net_ema"sv,
                                  "ema_net"sv,
                                  "shadow"sv,
                                  "shadow_params"sv,
                                  "averaged"sv,
                                  "averaged_model"sv,
                                  "avg_model"sv,
                                  "swa_model"sv,
                                  "ema_unet"sv,
                                  "unet_ema"sv,
                                  "swa_state_dict"sv,
                                  "g_ema"sv,
                                  "G_ema"sv,
                                  "netG_ema"sv,
                                  "generator_ema"sv,
                                  "momentum_encoder"sv};

constexpr std::array kTrainingParts = {
    "lr_scheduler"sv, "lr_schedulers"sv, "scheduler"sv, "schedulers"sv, "lr_sched"sv,    "opt_param_scheduler"sv,
    "grad_scaler"sv,  "scaler"sv,        "amp"sv,       "amp_scaler"sv, "loss_scaler"sv, "rng"sv,
    "rng_states"sv,   "random_states"sv, "callbacks"sv, "loops"sv,      "dataloader"sv,  "sampler"sv};

// What torch.optim, apex, bitsandbytes and DeepSpeed call the state of a parameter.
constexpr std::array kMoments = {"exp_avg"sv,        "exp_avg_sq"sv,     "max_exp_avg_sq"sv, "momentum_buffer"sv,
                                 "square_avg"sv,     "grad_avg"sv,       "acc_delta"sv,      "exp_inf"sv,
                                 "exp_avg_sq_row"sv, "exp_avg_sq_col"sv, "exp_avg_var"sv};

constexpr std::array kBuffers = {"running_mean"sv,
                                 "running_var"sv,
                                 "num_batches_tracked"sv,
                                 "inv_freq"sv,
                                 "original_inv_freq"sv,
                                 "position_ids"sv,
                                 "token_type_ids"sv,
                                 "relative_position_index"sv,
                                 "relative_coords_table"sv,
                                 "attn_mask"sv,
                                 "causal_mask"sv,
                                 "masked_bias"sv,
                                 "freqs_cis"sv,
                                 "cos_cached"sv,
                                 "sin_cached"sv,
                                 "anchor_grid"sv,
                                 "pixel_mean"sv,
                                 "pixel_std"sv,
                                 "betas"sv,
                                 "alphas_cumprod"sv,
                                 "alphas_cumprod_prev"sv,
                                 "sqrt_alphas_cumprod"sv,
                                 "sqrt_one_minus_alphas_cumprod"sv,
                                 "log_one_minus_alphas_cumprod"sv,
                                 "sqrt_recip_alphas_cumprod"sv,
                                 "sqrt_recipm1_alphas_cumprod"sv,
                                 "posterior_variance"sv,
                                 "posterior_log_variance_clipped"sv,
                                 "posterior_mean_coef1"sv,
                                 "posterior_mean_coef2"sv,
                                 "observer_enabled"sv,
                                 "fake_quant_enabled"sv,
                                 "cluster_size"sv,
                                 "embed_avg"sv};

template <std::size_t N>
constexpr auto sorted(std::array<std::string_view, N> words) {
    std::ranges::sort(words);
    return words;
}

constexpr auto kSortedOptimizerParts = sorted(kOptimizerParts);
constexpr auto kSortedEmaParts = sorted(kEmaParts);
constexpr auto kSortedTrainingParts = sorted(kTrainingParts);
constexpr auto kSortedMoments = sorted(kMoments);
constexpr auto kSortedBuffers = sorted(kBuffers);

template <std::size_t N>
bool isOneOf(const std::array<std::string_view, N>& words, std::string_view word) noexcept {
    return std::ranges::binary_search(words, word);
}

// A mask over [queries, keys] that some versions of transformers saved as "bias".
bool isMaskShape(std::span<const std::uint64_t> shape) noexcept {
    return shape.size() == 4 && shape[0] == 1 && shape[1] == 1 && shape[2] == shape[3];
}

}  // namespace

std::string_view lastComponent(std::string_view name) noexcept {
    const auto dot = name.rfind('.');
    return dot == std::string_view::npos ? name : name.substr(dot + 1);
}

std::string_view modulePath(std::string_view name) noexcept {
    const auto dot = name.rfind('.');
    return dot == std::string_view::npos ? std::string_view() : name.substr(0, dot);
}

PathHint hintOfPath(std::string_view path, bool nested) noexcept {
    PathHint hint = PathHint::None;
    bool first = true;
    while (!path.empty()) {
        const auto dot = path.find('.');
        const auto part = path.substr(0, dot);
        if (isOneOf(kSortedOptimizerParts, part) && (first || nested)) return PathHint::Optimizer;
        if (first && nested && (isOneOf(kSortedTrainingParts, part) || part.find("rng_state") != part.npos))
            return PathHint::Training;
        if (hint == PathHint::None && isOneOf(kSortedEmaParts, part)) hint = PathHint::Ema;
        if (dot == std::string_view::npos) break;
        path.remove_prefix(dot + 1);
        first = false;
    }
    return hint;
}

NameHint hintOfName(std::string_view name, std::span<const std::uint64_t> shape) noexcept {
    const auto last = lastComponent(name);
    if (isOneOf(kSortedMoments, last)) return NameHint::Moment;
    if (isOneOf(kSortedBuffers, last)) return NameHint::Buffer;
    if (last == "bias" && isMaskShape(shape)) return NameHint::Buffer;
    if (last.starts_with("ema_") || last.starts_with("_ema_")) return NameHint::EmaBuffer;
    if (last.find("rng_state") != std::string_view::npos) return NameHint::RandomState;
    return NameHint::None;
}

}  // namespace plimsoll
