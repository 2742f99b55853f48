// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "convert/plan.h"
#include "convert/run.h"
#include "output.h"

namespace plimsoll::cli {

// What a conversion would do: files, bytes, memory, what is cast, what is dropped.
void printPlan(Output& out, const Plan& plan);
//   losses  what the casts would cost; nullptr: not measured
void writePlanJson(Output& out, const Plan& plan, const std::vector<RecordLoss>* losses);
// A table of what casts cost; nothing where there are none.
void printLosses(Output& out, const std::vector<RecordLoss>& losses);

// What a conversion did. The JSON is CLI.md's.
void printConverted(Output& out, const Plan& plan, const ConvertReport& report);
void writeConvertedJson(Output& out, const Plan& plan, const ConvertReport& report);

}  // namespace plimsoll::cli
