// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include "base/rename.h"
#include "base/result.h"
#include "checkpoint/checkpoint.h"

namespace plimsoll {

// Which of the objects that make a dense tensor (makesDenseTensor) become that tensor in the copy.
enum class DenseObjects : std::uint8_t {
    CastLazyViews,  // lazy views whose type changes: only their values can be cast
    All,
};

// A copy of the value graph below `root` without the tensors whose row is not kept: entries of mappings go, places in
// lists and tuples become None, an object that is built from a dropped tensor (a sparse tensor without its indices)
// goes as a whole. Everything else, sharing and cycles included, stays. Texts point into the source, which must outlive
// the copy.
//   rootPath  the dotted name of `root` itself
//   kept, to  per row: whether it stays, and its type in the output. A tensor that lies at two paths becomes two where
//             they differ in these.
//   renames   of the last part of tensors' names, relative to `root`
//   errors    Unsupported where a new name would take a tensor out of its mapping; Cancelled
[[nodiscard]] Result<ValueTree> pruneTree(const Checkpoint& source, Value root, const std::string& rootPath,
                                          const std::vector<bool>& kept, const std::vector<DType>& to,
                                          const std::vector<RenameRule>& renames, DenseObjects replaced,
                                          const std::stop_token& stop = {});

}  // namespace plimsoll
