// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/progress.h"
#include "base/result.h"
#include "checkpoint/checkpoint.h"
#include "lab/device_peaks.h"
#include "lab/page_cache.h"
#include "lab/strategies.h"
#include "memory/predict.h"
#include "memory/timeline.h"
#include "tensor/dtype.h"

namespace plimsoll {

// Verification, the first use of the weights, is part of the curve and of the peaks: it needs no memory of its own
// (at most one block), and what a lazy strategy has put off shows there.
struct HostPeaks {
    std::uint64_t baseline = 0;  // RSS of the loader before the strategy started
    std::uint64_t baselineAnon = 0;
    std::uint64_t baselineFile = 0;
    // What exceeds the baseline:
    std::uint64_t peakRss = 0;
    std::uint64_t peakAnon = 0;  // of samples, and of what vmHwm says that they missed
    std::uint64_t peakFile = 0;
    std::uint64_t vmHwm = 0;  // from the kernel's own peak, reset when the strategy started
    std::uint64_t peakShmem = 0;
    std::uint64_t peakSwap = 0;
};

// One load test in one fresh process. A loader that died is a result too: `error` says how, the curve is what there
// was.
struct LoadRun {
    std::string strategy;
    std::string device;
    std::optional<DType> dtype;  // to which the strategy casts
    unsigned round = 0;          // of a comparison, from 0
    double seconds = 0;          // strategy only: no process start, no verification
    std::uint64_t modelBytes = 0;
    std::uint64_t parameters = 0;  // names, as the loader's modules have registered them
    std::uint64_t buffers = 0;
    std::string checksum;   // of all parameters and buffers, as they arrived
    bool verified = false;  // equals the checksum that core reads from the file itself
    HostPeaks host;
    CacheState cache = CacheState::AsIs;         // as asked for
    std::optional<double> cachedBefore;          // share of the files' pages that the page cache held; see cachedShare
    std::optional<std::uint64_t> diskReadBytes;  // read from storage during the run; the rest came from the cache
    std::optional<std::uint64_t> hostLimit;
    std::optional<std::uint64_t> deviceLimit;
    std::optional<DevicePeaks> devicePeaks;  // nothing for cpu
    std::optional<Prediction> predicted;
    Timeline timeline;
    std::vector<std::string> notes;  // what a reader of the figures must know ("3 tensors were copied: not aligned")
    std::optional<std::string> error;
    bool outOfMemory = false;  // the error is that it did not fit
    bool cancelled = false;
};

// Whether load tests can run here, and if not what is missing and how to get it, in words for a person.
struct LoaderStatus {
    std::string program;                     // path of plimsoll-loader; empty where it is missing
    std::string torch;                       // "2.11.0"
    std::vector<std::string> devices;        // "cpu", "cuda:0"
    std::vector<std::uint64_t> deviceBytes;  // memory of each, 0 for cpu
    std::string noCuda;                      // why there is no CUDA device, where there is none
    std::string problem;                     // empty where all is well
};

// Finds plimsoll-loader beside this program and asks it. About a second: it starts LibTorch.
[[nodiscard]] LoaderStatus probeLoader();

// Live view of a run, called on the calling thread of runLoadTest, about every 10 ms.
struct LoadObserver {
    std::function<void(const TimelinePoint&)> point;
    std::function<void(const Phase&)> phase;  // at each start; end is set when the next one starts
};

// Checksum of the whole inventory as runLoadTest expects it from a loader: XXH3-128 over every tensor's name, dtype,
// shape and bytes, in name order, floating-point tensors cast to `target` where one is given. Reads all bytes once;
// progress counts them.
[[nodiscard]] Result<std::string> expectedChecksum(const std::shared_ptr<const Checkpoint>& checkpoint,
                                                   std::optional<DType> target, ProgressSink& progress,
                                                   const std::stop_token& stop);

// One load test.
struct LoadTest {
    std::string strategy;
    std::string device = "cpu";
    std::optional<DType> dtype;                  // for strategies that cast; see targetOf
    std::string tensorFiles;                     // per-tensor: its directory (tensor_files.h)
    std::optional<std::uint64_t> hostLimit{};    // bytes of the whole process; see MemoryLimit
    std::optional<std::uint64_t> deviceLimit{};  // bytes of the device, as set_per_process_memory_fraction limits them
};

// Runs one strategy in a fresh plimsoll-loader, samples it at 100 Hz from outside, and waits. Stopping kills the
// loader.
//   expected  from expectedChecksum; empty: verified stays false
//   errors    only where no run could be made at all (no loader program, fork failed); everything else is in LoadRun
[[nodiscard]] Result<LoadRun> runLoadTest(const Checkpoint& checkpoint, const LoadTest& test,
                                          const std::string& expected, const LoadObserver& observer,
                                          const std::stop_token& stop);

}  // namespace plimsoll
