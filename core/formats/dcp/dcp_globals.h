// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string_view>
#include <vector>

#include "pickle/scanner.h"

namespace plimsoll {

// The file of a distributed checkpoint that describes the others.
inline constexpr std::string_view kDcpMetadataName = ".metadata";

// In a file of that name, exactly the names are safe that torch.distributed.checkpoint itself writes there, since torch
// 2.0: records of names, shapes and places, and the directory's path. Anywhere else they are judged as any other.
void judgeAsDcpMetadata(std::vector<GlobalRef>& globals);

}  // namespace plimsoll
