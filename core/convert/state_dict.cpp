// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <array>
#include <string_view>

#include "base/limits.h"
#include "convert/selection.h"
#include "convert/value_walk.h"

namespace plimsoll {

namespace {

// In the order of preference; what Lightning, torchvision, DETR, timm, YOLO and DataParallel trainers use.
constexpr std::array<std::string_view, 9> kUsualKeys = {
    "state_dict", "model_state_dict", "model_state", "model", "module", "net", "network", "params", "ema"};

class TensorBytes final : public ContentVisitor {
public:
    explicit TensorBytes(const TensorTable& table) : table_(table) {}
    void tensor(const std::string&, TensorId id) override {
        bytes += table_.nbytes(id);
        ++count;
    }
    void leaf(const std::string&, Value) override {}

    std::uint64_t bytes = 0;
    std::uint64_t count = 0;

private:
    const TensorTable& table_;
};

class StateDictSearch {
public:
    explicit StateDictSearch(const Checkpoint& source) : source_(source), tree_(source.values) {}

    [[nodiscard]] std::optional<StateDictPlace> in(Value v, const std::string& path, std::uint32_t depth) const {
        const auto pairs = mappingPairs(tree_, v);
        if (!pairs || depth > limits::kNestingDepth) return std::nullopt;
        if (mostlyTensors(*pairs)) return StateDictPlace{v, path};
        for (const auto key : kUsualKeys) {
            if (const auto found = tree_.find(v, key); found && holdsTensors(*found)) {
                const auto below = joinPath(path, std::string(key));
                const auto inner = in(*found, below, depth + 1);
                // A state_dict that is split by module has no tensors of its own: it is taken whole.
                return inner && usualPath(inner->path) ? inner : StateDictPlace{*found, below};
            }
        }
        return largest(*pairs, path);
    }

private:
    [[nodiscard]] static bool mostlyTensors(ValuePairs pairs) {
        const auto tensors =
            std::ranges::count_if(pairs, [](const auto& pair) { return pair.second.kind == ValueKind::Tensor; });
        return tensors * 2 > std::ranges::ssize(pairs);
    }
    [[nodiscard]] static bool usualPath(std::string_view path) {
        const auto dot = path.rfind('.');
        const auto last = dot == std::string_view::npos ? path : path.substr(dot + 1);
        return std::ranges::find(kUsualKeys, last) != kUsualKeys.end();
    }
    [[nodiscard]] TensorBytes measure(Value v) const {
        TensorBytes sum(source_.tensors);
        walkContent(tree_, v, "", sum);
        return sum;
    }
    [[nodiscard]] bool holdsTensors(Value v) const { return mappingPairs(tree_, v) && measure(v).count != 0; }
    [[nodiscard]] bool isOptimizer(Value v) const { return tree_.find(v, "state") && tree_.find(v, "param_groups"); }

    [[nodiscard]] std::optional<StateDictPlace> largest(ValuePairs pairs, const std::string& path) const {
        std::optional<StateDictPlace> best;
        std::uint64_t bestBytes = 0;
        for (const auto& [key, item] : pairs) {
            if (!holdsTensors(item) || isOptimizer(item)) continue;
            const auto bytes = measure(item).bytes;
            if (best && bytes <= bestBytes) continue;
            best = StateDictPlace{item, joinPath(path, keyText(tree_, key))};
            bestBytes = bytes;
        }
        return best;
    }

    const Checkpoint& source_;
    const ValueTree& tree_;
};

}  // namespace

std::optional<StateDictPlace> findStateDict(const Checkpoint& source) {
    return StateDictSearch(source).in(source.values.root(), "", 0);
}

}  // namespace plimsoll
