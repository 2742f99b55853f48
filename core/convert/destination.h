// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "convert/output_set.h"
#include "convert/plan.h"
#include "convert/source_guard.h"

namespace plimsoll {

// What a conversion asks of its output.
[[nodiscard]] OutputRequest outputRequest(const Plan& plan, const SourceGuard& guard);

// What an interrupted conversion left beside a destination.
struct Leftover {
    std::string partialPath;
    std::string command;  // what it was started with, DST and SRC for the paths; see parseConvertCommand
    std::optional<std::string> difference;  // why it cannot be gone on with; nothing where it can
    std::uint64_t doneBytes = 0;            // of the output; 0 where it cannot
};

// What would become of a plan if it were run now.
struct DestinationState {
    std::optional<Error> refusal;  // what runPlan would answer before it begins; nothing where it would begin
    std::uint64_t neededBytes = 0;
    std::uint64_t freeBytes = 0;  // what is left of an interrupted run counts as free
    std::optional<Leftover> leftover;
};

// Creates, locks and changes nothing, so another program may still be in the way when it is run.
[[nodiscard]] DestinationState lookAtDestination(const Plan& plan);

// Removes what an interrupted conversion left beside the plan's destination.
//   errors  Usage where another program is writing it, or no journal says that a conversion left it; Io
[[nodiscard]] Result<void> discardLeftover(const Plan& plan);

}  // namespace plimsoll
