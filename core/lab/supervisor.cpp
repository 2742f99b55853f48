// SPDX-License-Identifier: GPL-3.0-or-later
#include "lab/supervisor.h"

#include <sys/wait.h>

#include <algorithm>
#include <csignal>
#include <utility>

#include <fmt/format.h>

#include "lab/child_process.h"
#include "lab/loader_program.h"
#include "lab/memory_limit.h"
#include "lab/protocol.h"
#include "lab/recorder.h"
#include "memory/process_io.h"
#include "memory/process_sampler.h"

namespace plimsoll {

namespace {

constexpr std::uint64_t kSampleNs = 10'000'000;
constexpr std::size_t kErrorTailBytes = 4096;

class Supervision {
public:
    Supervision(ChildProcess child, ProcessSampler sampler, LoadRun& run, const std::string& expected,
                const LoadObserver& observer)
        : child_(std::move(child)),
          sampler_(std::move(sampler)),
          run_(run),
          expected_(expected),
          recorder_(observer),
          killsBefore_(outOfMemoryKills()) {}

    void runToEnd(const std::stop_token& stop);

private:
    void samplePoint(std::uint64_t ns);
    void takeLines();
    [[nodiscard]] Result<void> takeLine(std::string_view line);
    void on(const protocol::Ready& event);
    void on(const protocol::PhaseStart& event) { recorder_.phase(event.ns, event.name); }
    void on(const protocol::DeviceSample& event) { recorder_.device(event); }
    void on(const protocol::Done& event);
    void on(const protocol::Failed& event) {
        run_.outOfMemory = run_.outOfMemory || event.outOfMemory;
        if (event.device) recorder_.finalPeaks(*event.device);
        giveUp(event.what);
    }
    // Sets the limit that is asked for; false where that failed.
    [[nodiscard]] bool limitTo(std::uint64_t held);
    // The first reason stands; the loader is ended.
    void giveUp(std::string why);
    void judge(int waitStatus);
    [[nodiscard]] std::string explainDeath(int waitStatus);

    ChildProcess child_;
    ProcessSampler sampler_;
    LoadRun& run_;
    const std::string& expected_;
    Recorder recorder_;
    std::optional<std::uint64_t> killsBefore_;
    std::optional<MemoryLimit> limit_;
    std::string report_;
    std::string errors_;
    bool started_ = false;
    bool done_ = false;
};

void Supervision::runToEnd(const std::stop_token& stop) {
    std::uint64_t next = protocol::nowNs();
    std::optional<int> ended;
    while (!ended) {
        const std::uint64_t before = protocol::nowNs();
        const auto wait = before < next ? static_cast<int>((next - before) / 1'000'000 + 1) : 0;
        child_.readOutput(wait, report_, errors_);
        takeLines();
        if (errors_.size() > 2 * kErrorTailBytes) errors_.erase(0, errors_.size() - kErrorTailBytes);
        if (stop.stop_requested() && !done_ && !run_.error) {
            run_.cancelled = true;
            giveUp("cancelled");
        }
        const std::uint64_t now = protocol::nowNs();
        if (now >= next) {
            if (started_) samplePoint(now);
            next = std::max(next + kSampleNs, now);
        }
        ended = child_.reapIfEnded();
    }
    while (child_.readOutput(0, report_, errors_)) takeLines();
    recorder_.end(protocol::nowNs());
    judge(*ended);
    recorder_.intoRun(run_);
}

void Supervision::samplePoint(std::uint64_t ns) {
    // A loader that ends between two samples has no memory left to read; how it ended is judged later.
    if (const auto memory = sampler_.sample()) recorder_.sample(ns, *memory, diskReadBytes(child_.pid()));
}

void Supervision::takeLines() {
    std::size_t at = 0;
    for (auto end = report_.find('\n'); end != std::string::npos && !run_.error; end = report_.find('\n', at)) {
        if (const auto taken = takeLine(std::string_view(report_).substr(at, end - at)); !taken)
            giveUp(taken.error().what);
        at = end + 1;
    }
    report_.erase(0, at);
    if (run_.error)
        report_.clear();
    else if (report_.size() > protocol::kMaxLineBytes)
        giveUp("the load program reported a line without an end");
}

Result<void> Supervision::takeLine(std::string_view line) {
    TRY(const auto event, protocol::parseEvent(line));
    std::visit([this](const auto& e) { on(e); }, event);
    return {};
}

void Supervision::on(const protocol::Ready& event) {
    if (event.version != protocol::kVersion) {
        return giveUp(
            fmt::format("plimsoll-loader speaks protocol {}, this program speaks {}: they are of different builds",
                        event.version, protocol::kVersion));
    }
    if (started_) return;
    run_.notes.insert(run_.notes.end(), event.notes.begin(), event.notes.end());
    if (const auto reset = sampler_.resetPeak(); !reset)
        run_.notes.push_back("the kernel's own peak counts from the process's start: " + reset.error().what);
    const auto baseline = sampler_.sample();
    if (!baseline) return;  // it has ended already
    if (!limitTo(baseline->anon)) return;
    recorder_.begin(protocol::nowNs(), *baseline, diskReadBytes(child_.pid()));
    started_ = true;
    child_.writeInput(protocol::kGo);
}

void Supervision::on(const protocol::Done& event) {
    // The loader still holds the whole model and waits: the curve gets its last, settled point.
    samplePoint(protocol::nowNs());
    recorder_.end(event.ns);
    recorder_.finalPeaks(event);
    done_ = true;
    run_.seconds = event.seconds;
    run_.modelBytes = event.bytes;
    run_.parameters = event.parameters;
    run_.buffers = event.buffers;
    run_.checksum = event.checksum;
    run_.notes.insert(run_.notes.end(), event.notes.begin(), event.notes.end());
    child_.kill();  // nothing is left to do there, and freeing a model takes time
}

void Supervision::giveUp(std::string why) {
    if (!run_.error) run_.error = std::move(why);
    child_.kill();
}

void Supervision::judge(int waitStatus) {
    if (run_.error) return;
    if (!done_) {
        run_.error = explainDeath(waitStatus);
        return;
    }
    run_.verified = !expected_.empty() && run_.checksum == expected_;
    if (!expected_.empty() && !run_.verified)
        run_.error = fmt::format("the weights that arrived are not those of the file: checksum {}, the file has {}",
                                 run_.checksum, expected_);
}

bool Supervision::limitTo(std::uint64_t held) {
    if (!run_.hostLimit) return true;
    auto limit = MemoryLimit::apply(child_.pid(), *run_.hostLimit, held);
    if (!limit) {
        run_.outOfMemory = limit.error().code == Errc::Usage;
        giveUp(limit.error().what);
        return false;
    }
    run_.notes.push_back(limit->words());
    limit_ = std::move(*limit);
    return true;
}

std::string Supervision::explainDeath(int waitStatus) {
    std::string text = "the load program " + describeEnd(waitStatus);
    if (limit_ && limit_->killed()) {
        run_.outOfMemory = true;
        text = "out of memory: killed by the kernel's memory limit";
    } else if (WIFSIGNALED(waitStatus) && WTERMSIG(waitStatus) == SIGKILL) {
        const auto killsAfter = outOfMemoryKills();
        run_.outOfMemory = killsBefore_ && killsAfter && *killsAfter > *killsBefore_;
        if (!killsBefore_ || !killsAfter)
            text += ": either the kernel ran out of memory, or another program killed it";
        else if (*killsAfter > *killsBefore_)
            text += ": the kernel's out-of-memory killer struck during this run";
        else
            text += ": not by the kernel's out-of-memory killer, which did not strike meanwhile";
    } else if (!started_) {
        text += " before it was ready";
    } else {
        text += " before it had a result";
    }
    std::string_view tail = errors_;
    tail = tail.substr(tail.size() - std::min(tail.size(), kErrorTailBytes));
    while (!tail.empty() && (tail.back() == '\n' || tail.back() == ' ')) tail.remove_suffix(1);
    // Libraries that end the process where they get no memory leave no other trace.
    if (limit_ && (tail.find("Cannot allocate memory") != std::string_view::npos ||
                   tail.find("Resource temporarily unavailable") != std::string_view::npos))
        run_.outOfMemory = true;
    if (!tail.empty()) text += "; its last words: " + std::string(tail);
    return text;
}

std::vector<std::string> loaderArguments(const Checkpoint& checkpoint, const LoadTest& test, const LoadRun& run) {
    std::vector<std::string> arguments{"--path", checkpoint.path, "--strategy", run.strategy, "--device", run.device};
    const auto add = [&](std::string option, std::string value) {
        arguments.push_back(std::move(option));
        arguments.push_back(std::move(value));
    };
    if (run.dtype) add("--dtype", std::string(shortName(*run.dtype)));
    if (!test.tensorFiles.empty()) add("--tensor-files", test.tensorFiles);
    if (test.deviceLimit) add("--device-limit", std::to_string(*test.deviceLimit));
    add("--report-fd", std::to_string(ChildProcess::kReportFd));
    return arguments;
}

}  // namespace

Result<LoadRun> runLoadTest(const Checkpoint& checkpoint, const LoadTest& test, const std::string& expected,
                            const LoadObserver& observer, const std::stop_token& stop) {
    const StrategyInfo* strategy = findStrategy(test.strategy);
    if (strategy == nullptr) return fail(Errc::Usage, fmt::format("there is no load strategy '{}'", test.strategy));
    if (stop.stop_requested()) return cancelled();
    TRY(const std::string program, findLoader());

    LoadRun run;
    run.strategy = test.strategy;
    run.device = test.device;
    run.dtype = targetOf(*strategy, test.dtype);
    run.hostLimit = test.hostLimit;
    run.deviceLimit = test.deviceLimit;
    run.predicted = predictLoad(loadBasis(checkpoint), test.strategy, test.device != "cpu", run.dtype);
    TRY(ChildProcess child, ChildProcess::start(program, loaderArguments(checkpoint, test, run)));
    TRY(ProcessSampler sampler, ProcessSampler::open(child.pid()));
    Supervision(std::move(child), std::move(sampler), run, expected, observer).runToEnd(stop);
    return run;
}

}  // namespace plimsoll
