// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "lab/protocol.h"
#include "lab/supervisor.h"
#include "memory/process_sampler.h"
#include "memory/timeline.h"

namespace plimsoll {

// Collects one run's curve, phases and peaks. Memory stays bounded: at kMaxPoints the curve is thinned to half, keeping
// of each pair the higher point, and from then on half as many samples enter it. Peaks come from every sample.
class Recorder {
public:
    static constexpr std::size_t kMaxPoints = 100'000;

    explicit Recorder(const LoadObserver& observer, std::size_t maxPoints = kMaxPoints)
        : observer_(observer), maxPoints_(maxPoints) {}

    // The curve's start: what this sample holds is not the strategy's.
    void begin(std::uint64_t ns, const MemorySample& baseline, std::optional<std::uint64_t> diskRead = {});
    //   diskRead  bytes that the process had read from storage so far
    void sample(std::uint64_t ns, const MemorySample& memory, std::optional<std::uint64_t> diskRead = {});
    void device(const protocol::DeviceSample& sample);
    void phase(std::uint64_t ns, std::string name);
    // Ends the phase that lasts.
    void end(std::uint64_t ns);
    // The loader's own figures at its end, which no sample can have missed.
    void finalPeaks(const protocol::Done& done);
    void finalPeaks(const DevicePeaks& device);

    // Moves everything collected into the run.
    void intoRun(LoadRun& run);

private:
    [[nodiscard]] double secondsAt(std::uint64_t ns) const noexcept;
    // Since the sample before.
    [[nodiscard]] std::uint64_t mostAnon(const MemorySample& memory) const noexcept;
    void closePhase(double seconds);
    void keep(const TimelinePoint& point);
    void thin();

    const LoadObserver& observer_;
    std::size_t maxPoints_;
    std::uint64_t startNs_ = 0;
    std::optional<std::uint64_t> diskReadBefore_;
    std::optional<std::uint64_t> diskRead_;
    MemorySample baseline_;
    MemorySample previous_;
    std::size_t keepEvery_ = 1;
    std::size_t skipped_ = 0;
    HostPeaks host_;
    DevicePeaks devicePeaks_;
    bool hasDevice_ = false;
    protocol::DeviceSample lastDevice_;
    Timeline timeline_;
};

}  // namespace plimsoll
