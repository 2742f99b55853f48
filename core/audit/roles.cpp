// SPDX-License-Identifier: GPL-3.0-or-later
#include "audit/roles.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "audit/role_names.h"
#include "checkpoint/words.h"

namespace plimsoll {

namespace {

// An index into the rules is a byte; a file of more optimizers than this has one rule for the rest.
constexpr std::size_t kOptimizerRules = 32;

bool isInteger(DType dtype) noexcept {
    switch (dtype) {
        case DType::I64:
        case DType::I32:
        case DType::I16:
        case DType::I8:
        case DType::U64:
        case DType::U32:
        case DType::U16:
        case DType::U8:
        case DType::Bool:
            return true;
        default:
            return false;
    }
}

// Quantized weights are stored as integers under names such as qweight, weight_packed, weight_scale, qzeros, g_idx.
bool looksQuantized(std::string_view last) noexcept {
    for (const std::string_view part : {"weight", "qzeros", "scale", "packed", "codes", "g_idx", "_blocks", "_proj"})
        if (last.find(part) != std::string_view::npos) return true;
    return false;
}

class RoleAssignment {
public:
    RoleAssignment(const Checkpoint& checkpoint, const ContentStructure& structure)
        : table_(checkpoint.tensors), structure_(structure), nested_(isNested(checkpoint, structure)) {}

    TensorRoles run() {
        out_.ruleOf.resize(table_.size());
        for (std::uint32_t row = 0; row < table_.size(); ++row) out_.ruleOf[row] = ruleOf(TensorId(row));
        nothingButEma();
        return std::move(out_);
    }

private:
    // A single state dict has no parts of a training beside it.
    static bool isNested(const Checkpoint& checkpoint, const ContentStructure& structure) {
        return !structure.stateDictPath.empty() || checkpoint.format == Format::TorchDcp ||
               checkpoint.format == Format::Tensors;
    }

    std::uint8_t ruleOf(TensorId id) {
        const auto name = table_.name(id);
        if (!structure_.inBuffers.empty() && structure_.inBuffers[id.index()])
            return rule(Role::Buffer, "in the _buffers of a module");
        if (const auto* optimizer = optimizerAbove(name)) return optimizerRule(*optimizer);
        const auto hint = hintOfName(name, table_.shape(id));
        switch (pathHint(modulePath(name))) {
            case PathHint::Optimizer:
                return rule(Role::Optimizer, "below a part named like an optimizer (optimizer, optim_state_dict, ...)");
            case PathHint::Training:
                return rule(Role::Other, "training state by name (lr_scheduler, scaler, callbacks, ...)");
            case PathHint::Ema:
                if (hint == NameHint::Moment) break;
                return rule(Role::Ema, "below a part named like an average (ema, model_ema, shadow_params, ...)");
            case PathHint::None:
                break;
        }
        if (hint == NameHint::Moment)
            return rule(Role::Optimizer, "named like an optimizer's state (exp_avg, momentum_buffer, ...)");
        if (hint == NameHint::RandomState) return rule(Role::Other, "state of a random number generator, by name");
        if (table_.isParameter(id)) return rule(Role::Weight, "a torch.nn.Parameter");
        return ruleOfPlain(id, hint);
    }

    // A tensor of a state dict: parameters and buffers look alike.
    std::uint8_t ruleOfPlain(TensorId id, NameHint hint) {
        const auto name = table_.name(id);
        if (hint == NameHint::Buffer) {
            return rule(Role::Buffer,
                        "looks like a buffer: its name (running_mean, inv_freq, position_ids, a causal "
                        "attn.bias, ...)");
        }
        if (hint == NameHint::EmaBuffer) return rule(Role::Buffer, "looks like a buffer: its name starts with ema_");
        if (isInteger(table_.dtype(id)) && !looksQuantized(lastComponent(name)))
            return rule(Role::Buffer, "looks like a buffer: integers, which no gradient reaches");
        if (nested_ && name.find('.') == std::string_view::npos && !structure_.stateDictPath.empty())
            return rule(Role::Other, "a tensor beside the model's state dict");
        return rule(Role::Weight, "everything else");
    }

    // Neighbours share their module.
    PathHint pathHint(std::string_view path) {
        if (path != lastPath_ || path.empty()) {
            lastPath_ = path;
            lastHint_ = hintOfPath(path, nested_);
        }
        return lastHint_;
    }

    const ContentStructure::Optimizer* optimizerAbove(std::string_view name) const {
        const auto isBelow = [&](const ContentStructure::Optimizer& optimizer) {
            return optimizer.path.empty() ||
                   (name.starts_with(optimizer.path) && name.substr(optimizer.path.size()).starts_with('.'));
        };
        const auto found = std::ranges::find_if(structure_.optimizers, isBelow);
        return found == structure_.optimizers.end() ? nullptr : &*found;
    }

    std::uint8_t optimizerRule(const ContentStructure::Optimizer& optimizer) {
        const auto which = static_cast<std::size_t>(&optimizer - structure_.optimizers.data());
        if (which >= kOptimizerRules) return rule(Role::Optimizer, "below one of many more optimizers");
        if (optimizerRules_.size() <= which) optimizerRules_.resize(which + 1);
        auto& index = optimizerRules_[which];
        if (!index) {
            index = add(Role::Optimizer,
                        optimizer.path.empty()
                            ? std::string("the file is an optimizer's state: it has 'state' and 'param_groups'")
                            : fmt::format("below {}, which has 'state' and 'param_groups'", inQuotes(optimizer.path)));
        }
        return *index;
    }

    //   words  a literal: its address tells the rules apart
    std::uint8_t rule(Role role, const char* words) {
        for (const auto& [known, index] : literalRules_)
            if (known == words) return index;
        literalRules_.emplace_back(words, add(role, words));
        return literalRules_.back().second;
    }

    std::uint8_t add(Role role, std::string words) {
        out_.rules.push_back({role, std::move(words), {}});
        return static_cast<std::uint8_t>(out_.rules.size() - 1);
    }

    // Some projects publish the averaged weights alone, under the name that they had in training.
    void nothingButEma() {
        const auto has = [this](Role role) { return std::ranges::find(out_.rules, role, &RoleRule::role); };
        const auto ema = has(Role::Ema);
        if (ema == out_.rules.end() || has(Role::Weight) != out_.rules.end()) return;
        ema->role = Role::Weight;
        ema->words = "named like an average (ema, params_ema, ...), but there are no other weights: these are they";
    }

    const TensorTable& table_;
    const ContentStructure& structure_;
    bool nested_;
    TensorRoles out_;
    std::vector<std::pair<const char*, std::uint8_t>> literalRules_;
    std::vector<std::optional<std::uint8_t>> optimizerRules_;
    std::string_view lastPath_;
    PathHint lastHint_ = PathHint::None;
};

}  // namespace

TensorRoles assignRoles(const Checkpoint& checkpoint, const ContentStructure& structure) {
    return RoleAssignment(checkpoint, structure).run();
}

std::string_view roleName(Role role) noexcept {
    switch (role) {
        case Role::Weight:
            return "weights";
        case Role::Buffer:
            return "buffers";
        case Role::Ema:
            return "EMA copies";
        case Role::Optimizer:
            return "optimizer state";
        case Role::Other:
            return "other";
    }
    return "other";
}

}  // namespace plimsoll
