// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "checkpoint/checkpoint.h"
#include "convert/selection.h"

namespace plimsoll {

// What of a checkpoint's other content a flat dictionary of tensors can carry along as text.
struct FlatContent {
    std::map<std::string, std::string> metadata;  // dotted name -> text or number as Python prints it
    std::vector<std::string> dropped;             // "NAME: VALUE" for everything else
};

// Strings, numbers and truth values below the selection's root; for safetensors sources their metadata. Says nothing of
// tensors, composites included.
[[nodiscard]] FlatContent flattenContent(const Checkpoint& source, const Selection& selection);

}  // namespace plimsoll
