// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "checkpoint/checkpoint.h"
#include "convert/recipe.h"
#include "convert/selection.h"

namespace plimsoll {

// What a recipe makes of one tensor.
struct PreviewRow {
    static constexpr std::uint32_t kWhole = ~std::uint32_t{0};

    TensorId id;            // in the source
    std::string_view name;  // in the output; of the source where it is left out
    DType to = DType::F32;
    bool isLeftOut = false;
    std::uint32_t cutDim = kWhole;  // along which ranks cut it
};

// Rows of a Preview, by number, ascending.
using PreviewRows = std::vector<std::uint32_t>;

// What a recipe does, tensor by tensor, and which of its rules do it. Immutable once made.
struct Preview {
    std::shared_ptr<const Checkpoint> source;
    Recipe recipe;
    std::vector<PreviewRow> rows;  // what is taken, in the order of the output; then what is left out
    PreviewRows changed;           // another name, another type, or cut
    PreviewRows leftOut;
    // By rule of the recipe: rows that it matches, whether a later rule wins over it or not.
    std::vector<PreviewRows> byRule;
    std::vector<PreviewRows> byRename;
    std::vector<PreviewRows> byKeep;
    std::vector<PreviewRows> byDrop;
    std::vector<PreviewRows> byTpRule;
    // Of what is taken; of one rank where there are ranks.
    std::uint64_t bytesBefore = 0;
    std::uint64_t bytesAfter = 0;

    Selection selection;  // names point into these two
    std::deque<std::string> names;
};

// Bytes and shape that a row has in the output (of one rank).
[[nodiscard]] std::uint64_t bytesAfter(const Preview& preview, const PreviewRow& row) noexcept;
[[nodiscard]] std::vector<std::uint64_t> shapeAfter(const Preview& preview, const PreviewRow& row);

// Reads no tensor byte. Where the recipe takes nothing, or what cannot be done, all that its patterns leave is listed
// as it is: planConversion says why it cannot be.
//   errors  Usage for patterns that are none, Cancelled
//   cost    O(tensors x rules)
[[nodiscard]] Result<std::shared_ptr<const Preview>> previewTensors(std::shared_ptr<const Checkpoint> source,
                                                                    const Recipe& recipe,
                                                                    const std::stop_token& stop = {});

}  // namespace plimsoll
