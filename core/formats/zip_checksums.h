// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "formats/reader.h"

namespace plimsoll {

// Warns of members whose bytes, or whose local header, have another CRC-32 than the directory says. In files of up to
// 1 MiB only: reading more to open a file is what `check` is for.
//   known  a member that the caller has looked at; or nullptr
void warnOfChecksums(FileBeingRead& file, const ZipReader& zip, const ZipEntry* known);

}  // namespace plimsoll
