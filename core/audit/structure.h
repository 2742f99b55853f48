// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "checkpoint/checkpoint.h"

namespace plimsoll {

// What the value graph of a pickle says about its tensors, beyond their names.
struct ContentStructure {
    struct Optimizer {
        std::string path;  // dotted name
        Value value;       // a mapping with 'state' and 'param_groups'
    };
    std::vector<Optimizer> optimizers;
    std::vector<bool> inBuffers;  // per tensor: held by a module's _buffers; empty where there is no such module
    std::string stateDictPath;    // of the model's state dict inside the file; empty where the root is it
};

// Walks the containers of the graph, each once. O(values).
[[nodiscard]] ContentStructure findStructure(const Checkpoint& checkpoint);

}  // namespace plimsoll
