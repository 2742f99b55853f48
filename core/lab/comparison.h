// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/progress.h"
#include "base/result.h"
#include "checkpoint/checkpoint.h"
#include "lab/load_report.h"
#include "lab/supervisor.h"
#include "tensor/dtype.h"

namespace plimsoll {

// Which load tests to run.
struct Comparison {
    std::vector<std::string> strategies;  // each once
    std::string device = "cpu";
    std::optional<DType> dtype;  // for strategies that cast; see targetOf
    CacheState cache = CacheState::AsIs;
    std::optional<std::uint64_t> hostLimit;  // as LoadTest's
    std::optional<std::uint64_t> deviceLimit;
    unsigned repeat = 1;  // rounds; strategies take turns, so that a slow minute of the machine hits all of them
};

// The file's checksums that have been computed, by the dtype that they were cast to. Of one checkpoint.
using Checksums = std::map<std::optional<DType>, std::string>;

// What a comparison tells while it goes on; called on its thread. Runs are numbered from 0 in their order.
class ComparisonObserver {
public:
    virtual ~ComparisonObserver() = default;
    // Work before a run, in words, with the bytes that the sink will be told of; the sink is used until the next call.
    virtual ProgressSink& preparing(std::string_view what, std::uint64_t bytes) = 0;
    // The observer is used until the run is finished.
    virtual LoadObserver runStarted(std::size_t run, const LoadTest& test) = 0;
    virtual void runFinished(std::size_t run, const LoadRun& result) = 0;
};

// Runs round after round of load tests, each in a fresh process, and verifies each. A run that failed is a result;
// after a stop the report has the runs that there were, the last of them cancelled.
//   known   checksums computed before; new ones are added
//   errors  OverLimit (more than any machine holds), Usage (unknown strategy or device), Cancelled (before the first
//   run), Io (no loader), what reading the file says
[[nodiscard]] Result<LoadReport> compareLoads(const std::shared_ptr<const Checkpoint>& checkpoint,
                                              const Comparison& comparison, Checksums& known,
                                              ComparisonObserver& observer, std::stop_token stop);

}  // namespace plimsoll
