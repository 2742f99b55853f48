// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/result.h"
#include "formats/reader.h"

namespace plimsoll {

// Walks the value tree from its root and gives every tensor the path that leads to it, joined with dots: text keys as
// they are, positions in decimal, other keys as Python shows them, attributes by name; a module's _parameters, _buffers
// and _modules leave no trace. A tensor reached by two paths gets two rows, a container reached twice is walked once.
// Adds rows for the tensors that stayed Objects (quantized, meta, sparse parts, lazy views, subclasses).
//   firstTensor  row of the first tensor that this file's pickle made; earlier rows belong to other files
//   pickleOffset  where the pickle starts in its file, for errors
[[nodiscard]] Result<void> nameTensors(FileBeingRead& file, std::size_t firstTensor, std::uint64_t pickleOffset);

}  // namespace plimsoll
