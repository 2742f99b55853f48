// SPDX-License-Identifier: GPL-3.0-or-later
#include "convert/selection.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/glob.h"
#include "checkpoint/filter.h"
#include "convert/composites.h"
#include "convert/rows_by_path.h"
#include "convert/stop_check.h"
#include "convert/value_walk.h"
#include "tensor/cast.h"
#include "tensor/dequantize.h"

namespace plimsoll {

namespace {

// A pattern of --drop or --keep, and whether it ever matched: one that never does is worth a note.
struct Pattern {
    std::string text;
    Filter filter;
    bool used = false;
};

Result<std::vector<Pattern>> parsePatterns(const std::vector<std::string>& texts) {
    std::vector<Pattern> patterns;
    for (const auto& text : texts) {
        TRY(auto filter, Filter::parse(text));
        patterns.push_back({text, std::move(filter), false});
    }
    return patterns;
}

bool anyMatches(std::vector<Pattern>& patterns, const TensorTable& table, TensorId id) {
    bool any = false;
    for (auto& pattern : patterns) {
        if (!pattern.filter.matches(table, id)) continue;
        pattern.used = true;
        any = true;
    }
    return any;
}

void noteUnused(const std::vector<Pattern>& patterns, std::string_view option, Selection& selection) {
    for (const auto& pattern : patterns)
        if (!pattern.used) selection.notes.push_back(fmt::format("{} '{}' matches no tensor", option, pattern.text));
}

// Collects the tensors of a state_dict with their names inside it; what else lies there is dropped unless the part of
// the tree can be taken as it is.
class StateDictRows final : public ContentVisitor {
public:
    explicit StateDictRows(const ValueTree& tree) : tree_(tree) {}

    struct Row {
        std::string name;
        TensorId id;
    };
    void tensor(const std::string& path, TensorId id) override { rows.push_back({path, id}); }
    void leaf(const std::string& path, Value v) override {
        if (makesDenseTensor(tree_, v)) rows.push_back({path, {}});
    }

    std::vector<Row> rows;  // without an id where an object makes the tensor

private:
    const ValueTree& tree_;
};

class Selecting {
public:
    Selecting(const Checkpoint& source, const Recipe& recipe, const std::stop_token& stop)
        : source_(source), recipe_(recipe), stop_(stop) {}

    Result<Selection> run() {
        if (recipe_.dtype && !isCastTarget(*recipe_.dtype)) {
            return fail(Errc::Usage,
                        fmt::format("cannot cast to {}: expected one of f64 f32 f16 bf16 f8_e4m3fn f8_e5m2",
                                    shortName(*recipe_.dtype)));
        }
        TRY_VOID(filterRows());
        TRY_VOID(recipe_.weightsOnly && hasValueGraph(source_.format) ? pickStateDict() : pickAll());
        if (out_.picks.empty() && !source_.tensors.empty())
            return fail(Errc::Usage, fmt::format("none of the {} tensors is left to write", source_.tensors.size()));
        TRY_VOID(chooseTypes());
        TRY_VOID(rename());
        return std::move(out_);
    }

private:
    Result<void> filterRows() {
        const auto& table = source_.tensors;
        out_.root = source_.values.root();
        out_.kept.assign(table.size(), true);
        TRY(auto keep, parsePatterns(recipe_.keep));
        TRY(auto drop, parsePatterns(recipe_.drop));
        if (keep.empty() && drop.empty()) return {};
        for (std::uint32_t row = 0; row < table.size(); ++row) {
            if (stop_.stopped()) return cancelled();
            const TensorId id(row);
            const bool wanted = keep.empty() || anyMatches(keep, table, id);
            out_.kept[row] = wanted && !anyMatches(drop, table, id);
            if (!out_.kept[row]) out_.dropped.emplace_back(table.name(id));
        }
        noteUnused(keep, "--keep", out_);
        noteUnused(drop, "--drop", out_);
        return {};
    }

    Result<void> pickAll() {
        out_.picks.reserve(source_.tensors.size());
        for (std::uint32_t row = 0; row < source_.tensors.size(); ++row)
            if (out_.kept[row]) out_.picks.push_back({TensorId(row), source_.tensors.name(TensorId(row))});
        return {};
    }

    Result<void> pickStateDict() {
        const auto place = findStateDict(source_);
        if (!place) return fail(Errc::Usage, "no state_dict of a model is found in this checkpoint");
        StateDictRows found(source_.values);
        walkContent(source_.values, place->value, "", found);
        const RowsByPath rows(source_.tensors);
        std::vector<bool> inside(source_.tensors.size(), false);
        for (auto& row : found.rows) {
            if (stop_.stopped()) return cancelled();
            const auto path = joinPath(place->path, row.name);
            const auto id = row.id.valid() ? rows.find(path, row.id) : rows.at(path);
            if (!id.valid()) continue;
            inside[id.index()] = true;
            if (out_.kept[id.index()]) out_.picks.push_back({id, out_.names.emplace_back(std::move(row.name))});
        }
        for (const auto& composite : compositesBelow(source_, place->value, place->path)) {
            for (const auto id : composite.rows) {
                const bool known = inside[id.index()];
                inside[id.index()] = true;
                if (known || !out_.kept[id.index()]) continue;
                const auto name = source_.tensors.name(id);
                out_.picks.push_back({id, place->path.empty() ? name : name.substr(place->path.size() + 1)});
            }
        }
        out_.root = place->value;
        out_.rootPath = place->path;
        out_.rootIsFlat = std::ranges::all_of(*mappingPairs(source_.values, place->value), [](const auto& pair) {
            const auto kind = pair.second.kind;
            return kind != ValueKind::Dict && kind != ValueKind::List && kind != ValueKind::Tuple &&
                   kind != ValueKind::Object;
        });
        if (!place->path.empty()) out_.notes.push_back(fmt::format("the model's state_dict is '{}'", place->path));
        dropOutside(inside, *place);
        return {};
    }

    // Tensors by name, the rest's other content summed up per entry of the root.
    void dropOutside(const std::vector<bool>& inside, const StateDictPlace& place) {
        for (std::uint32_t row = 0; row < source_.tensors.size(); ++row) {
            if (inside[row] || !out_.kept[row]) continue;
            out_.kept[row] = false;
            out_.dropped.emplace_back(source_.tensors.name(TensorId(row)));
        }
        dropSiblings(source_.values.root(), "", place.path);
    }

    // What lies beside the way to the state_dict.
    void dropSiblings(Value v, const std::string& path, const std::string& target) {
        const auto pairs = path == target ? std::nullopt : mappingPairs(source_.values, v);
        if (!pairs) return;
        for (const auto& [key, item] : *pairs) {
            const auto name = joinPath(path, keyText(source_.values, key));
            if (name == target || target.starts_with(name + "."))
                dropSiblings(item, name, target);
            else if (item.kind != ValueKind::Tensor)
                out_.dropped.push_back(name + ": " + repr(source_.values, item, 80));
        }
    }

    Result<void> rename() {
        if (recipe_.renames.empty()) return {};
        bool any = false;
        std::vector<std::string_view> names;
        for (auto& pick : out_.picks) {
            if (stop_.stopped()) return cancelled();
            auto name = renamed(pick.name, recipe_.renames);
            any = any || name != pick.name;
            if (name != pick.name) pick.name = out_.names.emplace_back(std::move(name));
            names.push_back(pick.name);
        }
        if (!any) out_.notes.emplace_back("--rename matches no tensor");
        std::ranges::sort(names);
        if (const auto twice = std::ranges::adjacent_find(names); any && twice != names.end())
            return fail(Errc::Usage, fmt::format("--rename gives two tensors the name '{}'", *twice));
        return {};
    }

    Result<void> chooseTypes() {
        const auto& table = source_.tensors;
        out_.to.resize(table.size());
        for (std::uint32_t row = 0; row < table.size(); ++row) out_.to[row] = valueType(table.dtype(TensorId(row)));
        std::vector<bool> ruleUsed(recipe_.rules.size(), false);
        for (auto& pick : out_.picks) {
            if (stop_.stopped()) return cancelled();
            const auto from = valueType(table.dtype(pick.id));
            pick.to = from;
            if (!isFloating(from) && !isIntegerTarget(from)) continue;
            const auto wanted = wantedType(pick, ruleUsed);
            if (!wanted || *wanted == from) continue;
            if (!canCast(from, *wanted))
                return fail(Errc::Usage, fmt::format("tensor '{}' is {}, which cannot be cast to {}", pick.name,
                                                     shortName(from), shortName(*wanted)));
            pick.to = *wanted;
            out_.to[pick.id.index()] = *wanted;
        }
        for (std::size_t i = 0; i < ruleUsed.size(); ++i) {
            if (!ruleUsed[i])
                out_.notes.push_back(
                    fmt::format("rule '{}' matches no tensor that it could cast", recipe_.rules[i].glob));
        }
        return {};
    }

    // Last rule that matches the name in the source or in the output, else the dtype for all.
    std::optional<DType> wantedType(const Selection::Pick& pick, std::vector<bool>& ruleUsed) const {
        const bool floats = isFloating(valueType(source_.tensors.dtype(pick.id)));
        auto wanted = floats ? recipe_.dtype : std::nullopt;
        for (std::size_t i = 0; i < recipe_.rules.size(); ++i) {
            const auto& rule = recipe_.rules[i];
            if (!globMatches(rule.glob, pick.name) && !globMatches(rule.glob, source_.tensors.name(pick.id))) continue;
            if (!floats && rule.dtype && !isIntegerTarget(*rule.dtype)) continue;
            wanted = rule.dtype;
            ruleUsed[i] = true;
        }
        return wanted;
    }

    const Checkpoint& source_;
    const Recipe& recipe_;
    StopCheck stop_;
    Selection out_;
};

struct FloatShape {
    int mantissaBits;  // stored ones
    int maxExponent;   // of the largest finite value
    int minExponent;   // of the smallest subnormal
};

std::optional<FloatShape> floatShape(DType dtype) noexcept {
    switch (dtype) {
        case DType::F64:
            return FloatShape{52, 1023, -1074};
        case DType::F32:
            return FloatShape{23, 127, -149};
        case DType::F16:
            return FloatShape{10, 15, -24};
        case DType::BF16:
            return FloatShape{7, 127, -133};
        case DType::F8_E4M3FN:
            return FloatShape{3, 8, -9};
        case DType::F8_E5M2:
            return FloatShape{2, 15, -16};
        case DType::F8_E4M3FNUZ:
            return FloatShape{3, 7, -10};
        case DType::F8_E5M2FNUZ:
            return FloatShape{2, 15, -17};
        case DType::F8_E8M0FNU:
            return FloatShape{0, 127, -127};
        default:
            return std::nullopt;
    }
}

bool isSigned(DType dtype) noexcept {
    return dtype == DType::I64 || dtype == DType::I32 || dtype == DType::I16 || dtype == DType::I8;
}

// Bits without the sign.
int valueBits(DType dtype) noexcept {
    if (dtype == DType::Bool) return 1;
    return static_cast<int>(bitWidth(dtype)) - (isSigned(dtype) ? 1 : 0);
}

}  // namespace

bool hasValueGraph(Format format) noexcept {
    return format == Format::TorchZip || format == Format::TorchLegacy || format == Format::TorchTar ||
           format == Format::TorchDcp || format == Format::DeepSpeed || format == Format::Megatron;
}

Result<Selection> selectTensors(const Checkpoint& source, const Recipe& recipe, const std::stop_token& stop) {
    return Selecting(source, recipe, stop).run();
}

bool castLoses(DType stored, DType to) noexcept {
    const auto from = valueType(stored);
    if (from == to) return false;
    const auto source = floatShape(from);
    const auto target = floatShape(to);
    if (isIntegerTarget(from) && isIntegerTarget(to)) {
        const bool widens = valueBits(to) >= valueBits(from);
        return !widens || (isSigned(from) && !isSigned(to));
    }
    if (isIntegerTarget(from) && target) return valueBits(from) > target->mantissaBits + 1;
    if (!source || !target) return true;
    return target->mantissaBits < source->mantissaBits || target->maxExponent < source->maxExponent ||
           target->minExponent > source->minExponent;
}

}  // namespace plimsoll
