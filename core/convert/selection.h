// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "checkpoint/checkpoint.h"
#include "convert/plan.h"
#include "convert/recipe.h"

namespace plimsoll {

// Which tensors of a checkpoint a recipe takes, under which names, and as which dtypes.
struct Selection {
    struct Pick {
        TensorId id;
        std::string_view name;  // in the output; lives as long as this and the checkpoint
        DType to = DType::F32;
    };
    std::vector<Pick> picks;  // in the order of the table (of the state_dict where weightsOnly); a row can come twice
    std::vector<bool> kept;   // per row of the table
    std::vector<DType> to;    // per row of the table
    Value root;               // the part of the value tree that is taken
    std::string rootPath;     // its dotted name, empty for the whole tree
    bool rootIsFlat = false;  // root is a mapping whose values are no containers
    std::vector<std::string> dropped;
    std::vector<std::string> notes;
    std::deque<std::string> names;  // those that picks point into
};

// True where the file is a pickle of a value graph, which can be written back as it is.
[[nodiscard]] bool hasValueGraph(Format format) noexcept;

//   errors  Usage (patterns, no tensor left, no state_dict found, a dtype that cannot be cast), Cancelled
[[nodiscard]] Result<Selection> selectTensors(const Checkpoint& source, const Recipe& recipe,
                                              const std::stop_token& stop = {});

// The model's state_dict inside a training checkpoint: the root where its values are mostly tensors, else under a
// usual key ("state_dict", "model", ...), else the mapping with the most tensor bytes that is no optimizer.
struct StateDictPlace {
    Value value;
    std::string path;
};
[[nodiscard]] std::optional<StateDictPlace> findStateDict(const Checkpoint& source);

// True where `to` cannot hold every value of tensors that are stored as `stored`.
[[nodiscard]] bool castLoses(DType stored, DType to) noexcept;

}  // namespace plimsoll
