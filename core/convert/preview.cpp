// SPDX-License-Identifier: GPL-3.0-or-later
#include "convert/preview.h"

#include <algorithm>
#include <utility>

#include "base/glob.h"
#include "checkpoint/filter.h"
#include "convert/tensor_parallel.h"
#include "tensor/dequantize.h"

namespace plimsoll {

namespace {

// A look at the stop token costs more than a row.
constexpr std::uint32_t kRowsPerLook = 4096;

class Previewing {
public:
    Previewing(std::shared_ptr<const Checkpoint> source, const Recipe& recipe, const std::stop_token& stop)
        : out_(std::make_shared<Preview>()), table_(source->tensors), stop_(stop) {
        out_->source = std::move(source);
        out_->recipe = recipe;
    }

    Result<std::shared_ptr<const Preview>> run() {
        TRY_VOID(matchPatterns());
        listRows();
        TRY_VOID(matchCasts());
        TRY_VOID(rename());
        TRY_VOID(cut());
        TRY_VOID(sumUp());
        return std::move(out_);
    }

private:
    [[nodiscard]] bool isStopped(std::uint32_t row) const { return row % kRowsPerLook == 0 && stop_.stop_requested(); }

    // By row of the table until the rows are known.
    Result<void> matchPatterns() {
        for (const auto& [patterns, rows] :
             {std::pair(&out_->recipe.keep, &out_->byKeep), std::pair(&out_->recipe.drop, &out_->byDrop)}) {
            for (const std::string& text : *patterns) {
                TRY(const auto filter, Filter::parse(text));
                const auto matches = matchTensors(table_, filter, stop_);
                if (stop_.stop_requested()) return cancelled();
                auto& of = rows->emplace_back();
                for (std::uint32_t row = 0; row < matches.size(); ++row)
                    if (matches[row] != 0) of.push_back(row);
            }
        }
        return {};
    }

    void listRows() {
        // Names come last: rules are about those before.
        Recipe plain = out_->recipe;
        plain.renames.clear();
        auto selection = selectTensors(*out_->source, plain);
        if (selection) out_->selection = std::move(*selection);
        std::vector<bool> isTaken(table_.size(), false);
        std::vector<std::uint32_t> rowOf(table_.size());
        for (const auto& pick : out_->selection.picks) {
            isTaken[pick.id.index()] = true;
            rowOf[pick.id.index()] = static_cast<std::uint32_t>(out_->rows.size());
            out_->rows.push_back({pick.id, pick.name, pick.to});
        }
        const auto kept = selection ? std::vector<bool>() : keptByPatterns();
        for (std::uint32_t i = 0; i < table_.size(); ++i) {
            const TensorId id(i);
            if (isTaken[i]) continue;
            rowOf[i] = static_cast<std::uint32_t>(out_->rows.size());
            PreviewRow row{id, table_.name(id), valueType(table_.dtype(id))};
            row.isLeftOut = selection || !kept[i];
            if (row.isLeftOut) out_->leftOut.push_back(rowOf[i]);
            out_->rows.push_back(row);
        }
        for (auto* const lists : {&out_->byKeep, &out_->byDrop}) {
            for (auto& rows : *lists) {
                for (auto& row : rows) row = rowOf[row];
                std::ranges::sort(rows);
            }
        }
    }

    [[nodiscard]] std::vector<bool> keptByPatterns() const {
        std::vector<bool> kept(table_.size(), out_->byKeep.empty());
        for (const auto& rows : out_->byKeep)
            for (const auto row : rows) kept[row] = true;
        for (const auto& rows : out_->byDrop)
            for (const auto row : rows) kept[row] = false;
        return kept;
    }

    // As the types are chosen: by the name in the source or without the state_dict's.
    Result<void> matchCasts() {
        for (const auto& rule : out_->recipe.rules) {
            auto& matches = out_->byRule.emplace_back();
            for (std::uint32_t i = 0; i < out_->rows.size(); ++i) {
                if (isStopped(i)) return cancelled();
                const auto& row = out_->rows[i];
                const auto name = table_.name(row.id);
                const bool isNamed = globMatches(rule.glob, name) || globMatches(rule.glob, row.name);
                if (isNamed && !row.isLeftOut && applies(rule, valueType(table_.dtype(row.id)))) matches.push_back(i);
            }
        }
        return {};
    }
    static bool applies(const CastRule& rule, DType from) {
        if (isFloating(from)) return true;
        return isIntegerTarget(from) && (!rule.dtype || isIntegerTarget(*rule.dtype));
    }

    Result<void> rename() {
        for (const auto& rule : out_->recipe.renames) {
            auto& matches = out_->byRename.emplace_back();
            for (std::uint32_t i = 0; i < out_->rows.size(); ++i) {
                if (isStopped(i)) return cancelled();
                auto& row = out_->rows[i];
                if (row.isLeftOut) continue;
                auto name = rule.apply(row.name);
                if (name == row.name) continue;
                matches.push_back(i);
                row.name = out_->names.emplace_back(std::move(name));
            }
        }
        return {};
    }

    Result<void> cut() {
        out_->byTpRule.resize(out_->recipe.tpRules.size());
        if (out_->recipe.tpRanks == 0) return {};
        const TpRules rules(out_->recipe.tpRules, table_);
        for (std::uint32_t i = 0; i < out_->rows.size(); ++i) {
            if (isStopped(i)) return cancelled();
            auto& row = out_->rows[i];
            if (row.isLeftOut) continue;
            const auto found = table_.nbytes(row.id) == 0 ? std::nullopt : rules.find(row.name);
            if (found && found->dim < table_.shape(row.id).size()) row.cutDim = found->dim;
            for (std::size_t r = 0; r < out_->recipe.tpRules.size(); ++r)
                if (globMatches(out_->recipe.tpRules[r].glob, row.name)) out_->byTpRule[r].push_back(i);
        }
        return {};
    }

    Result<void> sumUp() {
        for (std::uint32_t i = 0; i < out_->rows.size(); ++i) {
            if (isStopped(i)) return cancelled();
            const auto& row = out_->rows[i];
            if (row.isLeftOut) continue;
            out_->bytesBefore += table_.nbytes(row.id);
            out_->bytesAfter += bytesAfter(*out_, row);
            const bool isChanged =
                row.to != table_.dtype(row.id) || row.cutDim != PreviewRow::kWhole || row.name != table_.name(row.id);
            if (isChanged) out_->changed.push_back(i);
        }
        return {};
    }

    std::shared_ptr<Preview> out_;
    const TensorTable& table_;
    const std::stop_token& stop_;
};

}  // namespace

std::uint64_t bytesAfter(const Preview& preview, const PreviewRow& row) noexcept {
    const auto& table = preview.source->tensors;
    if (row.isLeftOut) return 0;
    const auto bytes =
        row.to == table.dtype(row.id) ? table.nbytes(row.id) : (table.elements(row.id) * bitWidth(row.to) + 7) / 8;
    return row.cutDim == PreviewRow::kWhole ? bytes : bytes / preview.recipe.tpRanks;
}

std::vector<std::uint64_t> shapeAfter(const Preview& preview, const PreviewRow& row) {
    const auto before = preview.source->tensors.shape(row.id);
    std::vector<std::uint64_t> shape(before.begin(), before.end());
    if (row.cutDim < shape.size()) shape[row.cutDim] /= preview.recipe.tpRanks;
    return shape;
}

Result<std::shared_ptr<const Preview>> previewTensors(std::shared_ptr<const Checkpoint> source, const Recipe& recipe,
                                                      const std::stop_token& stop) {
    return Previewing(std::move(source), recipe, stop).run();
}

}  // namespace plimsoll
