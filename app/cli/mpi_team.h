// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>

#include "base/result.h"
#include "convert/team.h"

namespace plimsoll::cli {

// The ranks of the MPI job that this process was started for; this process alone where it was not. Ends MPI when it
// goes, for all ranks where an exception is on its way.
//   errors  Unsupported where there is a job and this program has no MPI; Io
[[nodiscard]] Result<std::unique_ptr<Team>> joinTeam();

}  // namespace plimsoll::cli
