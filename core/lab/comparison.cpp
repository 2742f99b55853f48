// SPDX-License-Identifier: GPL-3.0-or-later
#include "lab/comparison.h"

#include <utility>

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
        LoadReport report{checkpoint_->path, comparison_.device, modelBytes(checkpoint_->tensors), {}};
        for (const std::string& strategy : comparison_.strategies) TRY_VOID(computeChecksum(strategy));
        for (unsigned round = 0; round < comparison_.repeat; ++round)
            for (const std::string& strategy : comparison_.strategies) {
                TRY(LoadRun run, runOne(strategy, report.runs.size()));
                run.round = round;
                observer_.runFinished(report.runs.size(), run);
                report.runs.push_back(std::move(run));
                if (report.runs.back().cancelled) return report;
            }
        return report;
    }

private:
    [[nodiscard]] std::optional<DType> target(const std::string& strategy) const {
        const StrategyInfo* info = findStrategy(strategy);
        return info == nullptr ? std::nullopt : targetOf(*info, comparison_.dtype);
    }

    Result<void> computeChecksum(const std::string& strategy) {
        const auto dtype = target(strategy);
        if (known_.contains(dtype)) return {};
        ProgressSink& progress = observer_.preparing("checksum", checkpoint_->tensors.totalBytes());
        TRY(known_[dtype], expectedChecksum(checkpoint_, dtype, progress, stop_));
        return {};
    }

    Result<LoadRun> runOne(const std::string& strategy, std::size_t number) {
        LoadTest test{strategy, comparison_.device, comparison_.dtype, {}};
        if (strategy == "per-tensor") {
            if (const auto made = makeTensorFiles(); !made) {
                if (made.error().code == Errc::Cancelled) return fail(made.error());
                observer_.runStarted(number, test);
                return failedRun(test, describe(made.error(), checkpoint_->path));
            }
            test.tensorFiles = tensorFiles_.directory();
        }
        const LoadObserver watching = observer_.runStarted(number, test);
        return runLoadTest(*checkpoint_, test, known_[target(strategy)], watching, stop_);
    }

    // Once for all rounds, outside of what is measured.
    Result<void> makeTensorFiles() {
        if (!tensorFiles_.directory().empty()) return {};
        ProgressSink& progress = observer_.preparing("one file per tensor", modelBytes(checkpoint_->tensors));
        TRY(tensorFiles_, TensorFiles::of(checkpoint_, progress, stop_));
        return {};
    }

    static LoadRun failedRun(const LoadTest& test, std::string why) {
        LoadRun run;
        run.strategy = test.strategy;
        run.device = test.device;
        run.error = std::move(why);
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
