// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include "base/glob.h"
#include "convert/tensor_parallel.h"

namespace plimsoll {

namespace {

namespace fs = std::filesystem;

struct BuiltIn {
    std::string_view glob;
    std::uint32_t dim;
    std::uint32_t parts = 1;
};

// torch.nn.Linear has [out, in]: what is column-parallel is cut along 0, what is row-parallel along 1.
constexpr std::array kBuiltIn = {
    // LLaMA, Mistral, Qwen, Gemma, Phi-3 as transformers names them
    BuiltIn{"*q_proj.weight", 0},
    BuiltIn{"*q_proj.bias", 0},
    BuiltIn{"*k_proj.weight", 0},
    BuiltIn{"*k_proj.bias", 0},
    BuiltIn{"*v_proj.weight", 0},
    BuiltIn{"*v_proj.bias", 0},
    BuiltIn{"*o_proj.weight", 1},
    BuiltIn{"*qkv_proj.weight", 0, 3},
    BuiltIn{"*qkv_proj.bias", 0, 3},
    BuiltIn{"*gate_proj.weight", 0},
    BuiltIn{"*up_proj.weight", 0},
    BuiltIn{"*gate_up_proj.weight", 0, 2},
    BuiltIn{"*down_proj.weight", 1},
    BuiltIn{"*embed_tokens.weight", 0},
    BuiltIn{"*lm_head.weight", 0},
    // LLaMA as Meta names it
    BuiltIn{"*.wq.weight", 0},
    BuiltIn{"*.wk.weight", 0},
    BuiltIn{"*.wv.weight", 0},
    BuiltIn{"*.wo.weight", 1},
    BuiltIn{"*.w1.weight", 0},
    BuiltIn{"*.w2.weight", 1},
    BuiltIn{"*.w3.weight", 0},
    BuiltIn{"tok_embeddings.weight", 1},
    BuiltIn{"output.weight", 0},
    // GPT as "Build a Large Language Model (From Scratch)" has it: the references' models
    BuiltIn{"*att.W_query.weight", 0},
    BuiltIn{"*att.W_query.bias", 0},
    BuiltIn{"*att.W_key.weight", 0},
    BuiltIn{"*att.W_key.bias", 0},
    BuiltIn{"*att.W_value.weight", 0},
    BuiltIn{"*att.W_value.bias", 0},
    BuiltIn{"*att.out_proj.weight", 1},
    BuiltIn{"*ff.layers.0.weight", 0},
    BuiltIn{"*ff.layers.0.bias", 0},
    BuiltIn{"*ff.layers.2.weight", 1},
    // Megatron-LM, Megatron Core
    BuiltIn{"*query_key_value.weight", 0},
    BuiltIn{"*query_key_value.bias", 0},
    BuiltIn{"*linear_qkv.weight", 0},
    BuiltIn{"*linear_qkv.bias", 0},
    BuiltIn{"*dense_h_to_4h.weight", 0},
    BuiltIn{"*dense_h_to_4h.bias", 0},
    BuiltIn{"*linear_fc1.weight", 0},
    BuiltIn{"*linear_fc1.bias", 0},
    BuiltIn{"*attention.dense.weight", 1},
    BuiltIn{"*linear_proj.weight", 1},
    BuiltIn{"*dense_4h_to_h.weight", 1},
    BuiltIn{"*linear_fc2.weight", 1},
    BuiltIn{"*word_embeddings.weight", 0},
    BuiltIn{"*output_layer.weight", 0},
};

// GPT-2 as transformers has it: Conv1D, [in, out]. nanoGPT has the same names on Linear, [out, in]. The vocabulary
// of 50,257 divides by nothing, so that wte stays whole.
constexpr std::array kGpt2 = {
    BuiltIn{"*attn.c_attn.weight", 1, 3}, BuiltIn{"*attn.c_attn.bias", 0, 3}, BuiltIn{"*attn.c_proj.weight", 0},
    BuiltIn{"*mlp.c_fc.weight", 1},       BuiltIn{"*mlp.c_fc.bias", 0},       BuiltIn{"*mlp.c_proj.weight", 0},
};

// True where the query, key and value matrices lie below each other and not side by side. The width of the model, which
// no rank cuts, tells: c_attn's input is c_proj's output, in the whole checkpoint and in each rank's part.
bool isLinear(const TensorTable& table) {
    constexpr std::string_view kFused = "c_attn.weight";
    for (std::uint32_t row = 0; row < table.size(); ++row) {
        const TensorId id(row);
        const auto name = table.name(id);
        if (!globMatches("*attn.c_attn.weight", name) || table.shape(id).size() != 2) continue;
        const auto back = findTensor(table, std::string(name.substr(0, name.size() - kFused.size())) + "c_proj.weight");
        if (!back.valid() || table.shape(back).size() != 2) return table.shape(id)[0] > table.shape(id)[1];
        return table.shape(id)[0] != table.shape(back)[1] && table.shape(id)[1] == table.shape(back)[0];
    }
    return false;
}

// The fused matrix's height as a multiple of the other's width, for the first pair of such names; 0 where there is
// none, or the one is no multiple.
std::uint64_t heightOverWidth(const TensorTable& table, std::string_view fused, std::string_view other) {
    for (std::uint32_t row = 0; row < table.size(); ++row) {
        const auto name = table.name(TensorId(row));
        if (!name.ends_with(fused) || table.shape(TensorId(row)).size() != 2) continue;
        const auto id = findTensor(table, std::string(name.substr(0, name.size() - fused.size())).append(other));
        if (!id.valid() || table.shape(id).size() != 2 || table.shape(id)[1] == 0) continue;
        const auto height = table.shape(TensorId(row))[0];
        const auto width = table.shape(id)[1];
        return height % width == 0 ? height / width : 0;
    }
    return 0;
}

bool anyNamed(const TensorTable& table, std::string_view glob) {
    for (std::uint32_t row = 0; row < table.size(); ++row)
        if (globMatches(glob, table.name(TensorId(row)))) return true;
    return false;
}

// N of rank_N, tp_rank_N, mp_rank_N.
std::optional<std::uint64_t> rankOf(std::string_view name) {
    const auto at = name.rfind("rank_");
    if (at == std::string_view::npos || (at != 0 && name.substr(0, at) != "tp_" && name.substr(0, at) != "mp_"))
        return std::nullopt;
    const auto digits = name.substr(at + 5);
    std::uint64_t rank = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), rank);
    if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    return rank;
}

}  // namespace

TpRules::TpRules(std::span<const TpRule> own, const TensorTable& sample) {
    for (const auto& rule : kBuiltIn) rules_.push_back({std::string(rule.glob), rule.dim, rule.parts});
    settleByShapes(sample);
    const bool linear = isLinear(sample);
    for (const auto& rule : kGpt2) {
        const bool matrix = rule.glob.ends_with("weight");
        rules_.push_back({std::string(rule.glob), matrix && linear ? 1 - rule.dim : rule.dim, rule.parts});
    }
    rules_.insert(rules_.end(), own.begin(), own.end());
}

void TpRules::settleByShapes(const TensorTable& sample) {
    // SwiGLU has two matrices where GELU has one.
    for (const auto& [up, down] : {std::pair("linear_fc1", "linear_fc2"), std::pair("dense_h_to_4h", "dense_4h_to_h")})
        if (heightOverWidth(sample, fmt::format("{}.weight", up), fmt::format("{}.weight", down)) == 2)
            for (const auto* const kind : {"weight", "bias"}) rules_.push_back({fmt::format("*{}.{}", up, kind), 0, 2});
    // Query, key and value are of one size where the output takes in a third of them.
    if (anyNamed(sample, "*qkv_proj.weight") && heightOverWidth(sample, "qkv_proj.weight", "o_proj.weight") != 3)
        for (const auto* const kind : {"weight", "bias"})
            rules_.push_back({fmt::format("*qkv_proj.{}", kind), 0, kUnequalParts});
    // GPT-2's vocabulary divides by nothing, neither in wte nor in the head that is tied to it.
    if (anyNamed(sample, "*attn.c_attn.weight")) rules_.push_back({"*lm_head.weight", std::nullopt, 1});
}

std::optional<TpRules::Cut> TpRules::find(std::string_view name) const {
    for (auto rule = rules_.rbegin(); rule != rules_.rend(); ++rule) {
        if (!globMatches(rule->glob, name)) continue;
        if (!rule->dim) return std::nullopt;
        return Cut{*rule->dim, rule->parts};
    }
    return std::nullopt;
}

std::string rankName(std::uint64_t rank) {
    return fmt::format("rank_{:02}", rank);
}

Result<std::vector<std::string>> ranksBelow(const std::string& path) {
    std::vector<std::pair<std::uint64_t, std::string>> found;
    std::error_code error;
    for (fs::directory_iterator at(path, error), end; !error && at != end; at.increment(error)) {
        const auto name = at->path().filename().string();
        // A directory, or a file with a suffix.
        if (const auto rank = rankOf(name.substr(0, name.find('.')))) found.emplace_back(*rank, at->path().string());
    }
    if (error) return fail(Error{Errc::Io, kNoOffset, error.message(), path});
    if (found.empty())
        return fail(Error{Errc::Usage, kNoOffset, "holds no ranks (rank_00, tp_rank_00 or mp_rank_00)", path});
    std::ranges::sort(found);
    std::vector<std::string> ranks;
    for (const auto& [rank, name] : found) {
        if (rank != ranks.size())
            return fail(
                Error{Errc::Usage, kNoOffset, fmt::format("rank {} is missing, or there twice", ranks.size()), path});
        ranks.push_back(name);
    }
    return ranks;
}

}  // namespace plimsoll
