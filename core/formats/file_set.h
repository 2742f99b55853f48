// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "formats/reader.h"

namespace plimsoll {

// Files of one directory that together are a checkpoint, each a whole file of its own format.
struct FileOfSet {
    std::string path;
    std::string relativePath;  // to the directory
    std::string name;          // of what it holds, in the set
};

// How a file of the set is taken: gets the rows that reading it added, names them, and says what is wrong with them.
using TakeRows = std::function<Result<void>(const FileOfSet& file, TensorTable::Mark before, Format format)>;

// Reads all files into one table. One that cannot be read is a warning and leaves nothing behind; the others stay.
//   file   checkpoint and values to fill; its FileId is not used. The root of the values becomes a dict: name -> root
//          of the file's values
//   take   an error of it ends the reading and is returned
//   errors  what the first file's reader says where none can be read, Cancelled
[[nodiscard]] Result<void> readFileSet(FileBeingRead& file, const std::vector<FileOfSet>& set, const TakeRows& take);

// Renames the rows from `before` on to PREFIX.NAME.
void prefixNames(TensorTable& table, const TensorTable::Mark& before, std::string_view prefix);

}  // namespace plimsoll
