// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "checkpoint/checkpoint.h"
#include "convert/selection.h"
#include "convert/value_walk.h"

namespace plimsoll {

// A tensor that is more than its elements, which torch's pickles make by a call: a sparse one, a quantized one. Its
// parts are rows of the table like any other; on their own they would no longer be that tensor.
struct Composite {
    std::string name;  // dotted, below the root; empty where no mapping or list holds it
    Value object;
    Reached inside;
    std::vector<TensorId> rows;  // of the table: its parts
};

// True for an Object that makes a composite, or a parameter that is one.
[[nodiscard]] bool makesComposite(const ValueTree& tree, Value v) noexcept;

// Those that `root` leads to; one that lies at two paths comes twice.
//   rootPath  the dotted name of `root` itself
[[nodiscard]] std::vector<Composite> compositesBelow(const Checkpoint& source, Value root, const std::string& rootPath);

// Takes the rows that composites are made of out of the picks, where tensors are written one by one.
//   canHold  whether the target has a place for composites. If so, those of which all rows are kept are answered, under
//            the names that the recipe gives them. All others go to what is dropped.
//   errors   Unsupported, naming them, where nothing else is left
[[nodiscard]] Result<std::vector<Composite>> takeComposites(const Checkpoint& source, const Recipe& recipe,
                                                            Selection& selection, bool canHold);

}  // namespace plimsoll
