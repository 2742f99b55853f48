// SPDX-License-Identifier: GPL-3.0-or-later
#include "audit/layers.h"

#include <algorithm>

#include "audit/role_names.h"
#include "base/text_index.h"

namespace plimsoll {

namespace {

bool isNumber(std::string_view part) noexcept {
    return !part.empty() && std::ranges::all_of(part, [](char c) { return c >= '0' && c <= '9'; });
}

void add(ByteSum& sum, std::uint64_t bytes, std::uint64_t ownBytes) noexcept {
    ++sum.tensors;
    sum.bytes += bytes;
    sum.ownBytes += ownBytes;
}

// Finds the entry of a key, mostly that of the tensor before.
template <class Sum>
class Groups {
public:
    explicit Groups(std::vector<Sum>& sums) : sums_(sums) {}

    Sum& of(std::string_view name) {
        if (last_ < sums_.size() && sums_[last_].name == name) return sums_[last_];
        const auto next = static_cast<std::uint32_t>(sums_.size());
        last_ = index_.findOrAdd(name, next, [this](std::uint32_t n) { return sums_[n].name; });
        if (last_ == next) sums_.emplace_back().name = name;
        return sums_[last_];
    }

private:
    std::vector<Sum>& sums_;
    TextIndex index_;
    std::size_t last_ = 0;
};

}  // namespace

LayerName layerOf(std::string_view tensorName) noexcept {
    std::size_t begin = 0;
    for (auto dot = tensorName.find('.'); dot != std::string_view::npos; dot = tensorName.find('.', begin)) {
        if (isNumber(tensorName.substr(begin, dot - begin))) return {tensorName.substr(0, dot), true};
        begin = dot + 1;
    }
    return {modulePath(tensorName), false};
}

ExpertName expertOf(std::string_view tensorName, std::span<const std::uint64_t> shape) noexcept {
    // GGUF: blk.0.ffn_up_exps.weight, blk.0.ffn_up_shexp.weight
    const auto at = tensorName.find("exp");
    if (at == std::string_view::npos) return {};
    if (tensorName.find("_exps.", at - (at > 0 ? 1 : 0)) != std::string_view::npos && shape.size() == 3)
        return {"experts", shape[0]};
    if (tensorName.find("_shexp.") != std::string_view::npos ||
        tensorName.find("shared_expert") != std::string_view::npos)
        return {"shared_expert", 0};
    const auto word = tensorName.find("experts.");
    if (word == std::string_view::npos) return {};
    const auto number = word + std::string_view("experts.").size();
    const auto end = tensorName.find('.', number);
    const auto part = tensorName.substr(number, end == std::string_view::npos ? end : end - number);
    if (isNumber(part)) return {tensorName.substr(word, number - word + part.size()), 0};
    return shape.size() == 3 ? ExpertName{"experts", shape[0]} : ExpertName{};
}

void addSums(AuditReport& report, std::span<const std::uint64_t> ownBytes) {
    const TensorTable& table = report.checkpoint->tensors;
    Groups<LayerSum> layers(report.layers);
    Groups<ExpertSum> experts(report.experts);
    Groups<DTypeSum> dtypes(report.dtypes);
    for (std::uint32_t row = 0; row < table.size(); ++row) {
        const TensorId id(row);
        const std::uint64_t bytes = table.nbytes(id);
        const std::uint64_t own = ownBytes[row];
        const Role role = report.role(id);
        add(report.total, bytes, own);
        add(report.roles.at(static_cast<std::size_t>(role)), bytes, own);
        add(report.rules[report.ruleOf[row]].sum, bytes, own);
        DTypeSum& dtype = dtypes.of(table.dtypeName(id));
        dtype.dtype = table.dtype(id);
        add(dtype.sum, bytes, own);
        if (role == Role::Optimizer) {
            if (!report.parameterOf.empty() && report.parameterOf[row].valid())
                add(layers.of(layerOf(table.name(report.parameterOf[row])).name).optimizerState, bytes, own);
            continue;
        }
        const auto [layerName, numbered] = layerOf(table.name(id));
        LayerSum& layer = layers.of(layerName);
        layer.numbered = numbered;
        add(layer.sum, bytes, own);
        const auto [expertName, fused] = expertOf(table.name(id), table.shape(id));
        if (expertName.empty()) continue;
        ExpertSum& expert = experts.of(expertName);
        expert.fused = std::max(expert.fused, fused);
        add(expert.sum, bytes, own);
    }
    std::ranges::stable_sort(report.dtypes, std::greater(), [](const DTypeSum& d) { return d.sum.bytes; });
}

}  // namespace plimsoll
