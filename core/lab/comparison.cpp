// SPDX-License-Identifier: GPL-3.0-or-later
#include "lab/comparison.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/glob.h"
#include "lab/loader_program.h"
#include "lab/machine.h"
#include "lab/report_json.h"
#include "lab/tensor_files.h"

namespace plimsoll {

namespace {

class Comparing {
public:
    Comparing(const std::shared_ptr<const Checkpoint>& checkpoint, const Comparison& comparison, Checksums& known,
              ComparisonObserver& observer, std::stop_token stop)
        : checkpoint_(checkpoint),
          comparison_(comparison),
          known_(known),
          observer_(observer),
          stop_(std::move(stop)) {}

    Result<LoadReport> run() {
        LoadReport report{checkpoint_->path, comparison_.device, modelBytes(checkpoint_->tensors), {}, machineText()};
        TRY_VOID(checkSize(report.modelBytes));
        TRY_VOID(checkLoader());
        for (const std::string& strategy : comparison_.strategies) TRY_VOID(computeChecksum(strategy));
        for (unsigned round = 0; round < comparison_.repeat; ++round) {
            for (const std::string& strategy : comparison_.strategies) {
                TRY(LoadRun run, runOne(strategy, report.runs.size()));
                run.round = round;
                observer_.runFinished(report.runs.size(), run);
                report.runs.push_back(std::move(run));
                if (report.runs.back().cancelled) return report;
            }
        }
        return report;
    }

private:
    [[nodiscard]] std::optional<DType> target(const std::string& strategy) const {
        const StrategyInfo* info = findStrategy(strategy);
        return info == nullptr ? std::nullopt : targetOf(*info, comparison_.dtype);
    }

    // A file of a few bytes can name any number of them, by tensors that are one element many times: reading those for
    // the checksum would never end.
    static Result<void> checkSize(std::uint64_t bytes) {
        constexpr std::uint64_t kMost = std::uint64_t{1} << 50U;
        if (bytes <= kMost) return {};
        return fail(Errc::OverLimit, fmt::format("its tensors have {}, of which no machine holds more than {}",
                                                 formatByteSize(bytes), formatByteSize(kMost)));
    }

    // Before the file is read: what is lacking now will be lacking then.
    Result<void> checkLoader() const {
        if (comparison_.device == "cpu") return findLoader().map([](const std::string&) {});
        const LoaderStatus loader = probeLoader();
        if (!loader.problem.empty()) return fail(Errc::Io, loader.problem);
        if (std::find(loader.devices.begin(), loader.devices.end(), comparison_.device) != loader.devices.end())
            return {};
        return fail(Errc::Usage, noSuchDevice(comparison_.device, loader.devices, loader.noCuda));
    }

    Result<void> computeChecksum(const std::string& strategy) {
        const auto dtype = target(strategy);
        if (known_.contains(dtype)) return {};
        ProgressSink& progress = observer_.preparing("checksum", checkpoint_->tensors.totalBytes());
        TRY(known_[dtype], expectedChecksum(checkpoint_, dtype, progress, stop_));
        return {};
    }

    // What cannot be started is a result too, and so is a stop: what was measured before it stays.
    Result<LoadRun> runOne(const std::string& strategy, std::size_t number) {
        LoadTest test{strategy, comparison_.device,    comparison_.dtype,
                      {},       comparison_.hostLimit, comparison_.deviceLimit};
        std::optional<double> cached;
        const auto ready = prepare(test, cached);
        if (!ready && ready.error().code == Errc::Cancelled && number == 0) return fail(ready.error());
        const LoadObserver watching = observer_.runStarted(number, test);
        auto run = ready ? runLoadTest(*checkpoint_, test, known_[target(strategy)], watching, stop_)
                         : Result<LoadRun>(fail(ready.error()));
        if (!run && ready && number == 0) return run;
        if (!run) run = notRun(test, run.error());
        run->cache = comparison_.cache;
        run->cachedBefore = cached;
        return run;
    }

    // What a run needs before it starts, outside of what is measured.
    Result<void> prepare(LoadTest& test, std::optional<double>& cached) {
        if (test.strategy == "per-tensor") {
            TRY_VOID(makeTensorFiles());
            test.tensorFiles = tensorFiles_.directory();
        }
        const auto files = filesToLoad(*checkpoint_, test.tensorFiles);
        if (comparison_.cache != CacheState::AsIs) {
            const bool reads = comparison_.cache == CacheState::Warm;
            ProgressSink& progress = observer_.preparing("page cache", reads ? checkpoint_->tensors.totalBytes() : 0);
            TRY_VOID(prepareCache(comparison_.cache, files, progress, stop_));
        }
        cached = cachedShare(files);
        return {};
    }

    // Once for all rounds, outside of what is measured.
    Result<void> makeTensorFiles() {
        if (!tensorFiles_.directory().empty()) return {};
        ProgressSink& progress = observer_.preparing("one file per tensor", modelBytes(checkpoint_->tensors));
        TRY(tensorFiles_, TensorFiles::of(checkpoint_, progress, stop_));
        return {};
    }

    [[nodiscard]] LoadRun notRun(const LoadTest& test, const Error& why) const {
        LoadRun run;
        run.strategy = test.strategy;
        run.device = test.device;
        run.dtype = target(test.strategy);
        run.hostLimit = test.hostLimit;
        run.deviceLimit = test.deviceLimit;
        run.cancelled = why.code == Errc::Cancelled;
        run.error = run.cancelled ? why.what : describe(why, checkpoint_->path);
        return run;
    }

    const std::shared_ptr<const Checkpoint>& checkpoint_;
    const Comparison& comparison_;
    Checksums& known_;
    ComparisonObserver& observer_;
    std::stop_token stop_;
    TensorFiles tensorFiles_;
};

}  // namespace

Result<LoadReport> compareLoads(const std::shared_ptr<const Checkpoint>& checkpoint, const Comparison& comparison,
                                Checksums& known, ComparisonObserver& observer, std::stop_token stop) {
    return Comparing(checkpoint, comparison, known, observer, std::move(stop)).run();
}

}  // namespace plimsoll
