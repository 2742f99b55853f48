// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "checkpoint/checkpoint.h"
#include "io/read_options.h"
#include "pickle/scanner.h"

namespace plimsoll {

class RestScan;

// Opens a file, directory, *.index.json or http(s):// address of any format that formats/ has a folder for; content
// decides, not the suffix. Reads directories, headers and pickles, never a tensor's bytes; a set with a missing or
// broken shard opens with a warning. The Error names the file and byte.
//   read            how its files are read; `stop` takes the place of the token in it
//   rest            where given, looks through what the format has no use for
//   globalsOnError  where given and opening fails, receives the globals that pickles named up to the break
[[nodiscard]] Result<std::shared_ptr<const Checkpoint>> openCheckpoint(const std::string& path,
                                                                       std::stop_token stop = {},
                                                                       std::vector<GlobalRef>* globalsOnError = nullptr,
                                                                       ReadOptions read = {}, RestScan* rest = nullptr);

}  // namespace plimsoll
