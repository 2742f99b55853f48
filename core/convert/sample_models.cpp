// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "convert/sample.h"

namespace plimsoll {

namespace {

using Content = SampleTensor::Content;

struct Gpt2 {
    std::string_view name;
    std::uint64_t embedding;
    std::uint64_t layers;  // the number of heads changes no shape
};
constexpr std::array<Gpt2, 4> kGpt2 = {
    {{"gpt2-small", 768, 12}, {"gpt2-medium", 1024, 24}, {"gpt2-large", 1280, 36}, {"gpt2-xl", 1600, 48}}};
constexpr std::uint64_t kVocabulary = 50'257;
constexpr std::uint64_t kContext = 1'024;

constexpr std::string_view kLinear10 = "linear10";
constexpr std::uint64_t kLinearCount = 10;
constexpr std::uint64_t kLinearSize = 1'000;

constexpr std::array<std::string_view, 5> kNames = {kGpt2[0].name, kGpt2[1].name, kGpt2[2].name, kGpt2[3].name,
                                                    kLinear10};

class ModelTensors {
public:
    void add(std::string name, std::vector<std::uint64_t> shape, Content content = Content::Normal) {
        tensors.push_back({std::move(name), std::move(shape), content});
    }
    void linear(const std::string& name, std::uint64_t out, std::uint64_t in) {
        add(name + ".weight", {out, in});
        add(name + ".bias", {out});
    }
    void norm(const std::string& name, std::uint64_t size) {
        add(name + ".scale", {size}, Content::Ones);
        add(name + ".shift", {size}, Content::Zeros);
    }

    std::vector<SampleTensor> tensors;
};

std::vector<SampleTensor> gpt2(const Gpt2& config) {
    const auto size = config.embedding;
    ModelTensors model;
    model.add("tok_emb.weight", {kVocabulary, size});
    model.add("pos_emb.weight", {kContext, size});
    for (std::uint64_t i = 0; i < config.layers; ++i) {
        const auto block = fmt::format("trf_blocks.{}.", i);
        model.add(block + "att.mask", {kContext, kContext}, Content::CausalMask);
        for (const auto* part : {"att.W_query", "att.W_key", "att.W_value", "att.out_proj"})
            model.linear(block + part, size, size);
        model.linear(block + "ff.layers.0", 4 * size, size);
        model.linear(block + "ff.layers.2", size, 4 * size);
        model.norm(block + "norm1", size);
        model.norm(block + "norm2", size);
    }
    model.norm("final_norm", size);
    model.add("out_head.weight", {kVocabulary, size});
    return std::move(model.tensors);
}

std::vector<SampleTensor> linear10() {
    ModelTensors model;
    for (std::uint64_t i = 0; i < kLinearCount; ++i)
        model.linear(fmt::format("linears.{}", i), kLinearSize, kLinearSize);
    return std::move(model.tensors);
}

}  // namespace

std::span<const std::string_view> sampleNames() noexcept {
    return kNames;
}

Result<std::vector<SampleTensor>> sampleTensors(std::string_view model) {
    if (model == kLinear10) return linear10();
    const auto config = std::ranges::find(kGpt2, model, &Gpt2::name);
    if (config == kGpt2.end())
        return fail(Errc::Usage, fmt::format("no sample is named '{}' (there are {})", model, fmt::join(kNames, ", ")));
    return gpt2(*config);
}

}  // namespace plimsoll
