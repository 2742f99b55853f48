// SPDX-License-Identifier: GPL-3.0-or-later
#include "convert/team.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <new>
#include <numeric>
#include <optional>
#include <queue>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "base/byte_cursor.h"
#include "convert/put_bytes.h"

namespace plimsoll {

namespace {

// How often ranks tell each other how far they are: an error of one stops the others after that long.
constexpr std::chrono::milliseconds kRound{100};

// Nothing for success.
Team::Message messageOf(const Result<void>& outcome) {
    Team::Message message;
    if (outcome) return message;
    const Error& error = outcome.error();
    put(message, error.code);
    put(message, error.offset);
    put(message, static_cast<std::uint32_t>(error.path.size()));
    putText(message, error.path);
    putText(message, error.what);
    return message;
}

Result<Error> errorOf(std::span<const std::byte> message) {
    ByteCursor cursor(message);
    Error error;
    TRY(const auto code, cursor.read<std::uint8_t>());
    error.code = static_cast<Errc>(code);
    TRY(error.offset, cursor.read<std::uint64_t>());
    TRY(const auto pathBytes, cursor.read<std::uint32_t>());
    TRY(const auto path, cursor.take(pathBytes));
    error.path = asText(path);
    TRY(const auto what, cursor.take(cursor.remaining()));
    error.what = asText(what);
    return error;
}

struct Standing {
    bool ended = false;
    bool failed = false;
    std::uint64_t done = 0;  // as progress counts
};

// Counts what it hands on.
class CountingSink final : public ProgressSink {
public:
    explicit CountingSink(ProgressSink& next) : next_(next) {}
    void advance(std::uint64_t n) noexcept override {
        done_.fetch_add(n, std::memory_order_relaxed);
        next_.advance(n);
    }
    [[nodiscard]] std::uint64_t done() const noexcept { return done_.load(std::memory_order_relaxed); }

private:
    ProgressSink& next_;
    std::atomic<std::uint64_t> done_{0};
};

// The work of this process on a thread of its own.
class Worker {
public:
    Worker(ProgressSink& progress, const std::stop_token& stop, const TeamWork& work)
        : onStop_(stop, Stopper{source_}), progress_(progress), thread_([this, &work] { run(work); }) {}

    void stop() { source_.request_stop(); }
    void waitForEnd(std::chrono::milliseconds most) {
        std::unique_lock lock(mutex_);
        ended_.wait_for(lock, most, [this] { return outcome_.ended; });
    }
    [[nodiscard]] Standing standing() {
        const std::lock_guard lock(mutex_);
        auto now = outcome_;
        now.done = progress_.done();
        return now;
    }
    // Once it ended.
    [[nodiscard]] const Result<void>& result() const noexcept { return result_; }

private:
    struct Stopper {
        std::stop_source& source;
        void operator()() const noexcept { source.request_stop(); }
    };

    void run(const TeamWork& work) noexcept {
        try {
            result_ = work(progress_, source_.get_token());
        } catch (const std::bad_alloc&) {
            result_ = fail(Errc::Io, "out of memory");
        }
        const std::lock_guard lock(mutex_);
        outcome_ = {true, !result_, 0};
        ended_.notify_all();
    }

    std::stop_source source_;
    std::stop_callback<Stopper> onStop_;
    CountingSink progress_;
    std::mutex mutex_;
    std::condition_variable ended_;
    Standing outcome_;
    Result<void> result_;
    std::jthread thread_;  // last: it uses the others
};

// Until the work of all has ended.
Result<void> accompany(Team& team, Worker& worker, ProgressSink& progress) {
    std::uint64_t ofOthers = 0;
    for (bool allEnded = false; !allEnded;) {
        worker.waitForEnd(kRound);
        Team::Message message;
        put(message, worker.standing());
        TRY(const auto standings, team.all(message));
        allEnded = true;
        bool anyFailed = false;
        std::uint64_t done = 0;
        for (std::size_t rank = 0; rank < standings.size(); ++rank) {
            const auto& text = standings[rank];
            if (text.size() != sizeof(Standing)) return fail(Errc::Corrupt, "another rank is of another version");
            Standing standing;
            std::memcpy(&standing, text.data(), sizeof standing);
            allEnded = allEnded && standing.ended;
            anyFailed = anyFailed || standing.failed;
            if (rank != team.rank()) done += standing.done;
        }
        progress.advance(done - ofOthers);
        ofOthers = done;
        if (anyFailed) worker.stop();
    }
    return {};
}

}  // namespace

Result<void> agree(Team& team, const Result<void>& mine) {
    if (team.size() == 1) return mine;
    TRY(const auto outcomes, team.all(messageOf(mine)));
    Result<void> agreed;
    for (std::size_t rank = 0; rank < outcomes.size(); ++rank) {
        if (outcomes[rank].empty()) continue;
        TRY(auto error, errorOf(outcomes[rank]));
        const bool isReal = error.code != Errc::Cancelled;
        if (isReal) error.what += fmt::format(" (rank {} of {})", rank, outcomes.size());
        if (agreed.has_value() || isReal) agreed = fail(std::move(error));
        if (isReal) break;
    }
    return agreed;
}

Result<void> runTogether(Team& team, ProgressSink& progress, const std::stop_token& stop, const TeamWork& work) {
    if (team.size() == 1) return work(progress, stop);
    std::optional<Worker> worker;
    try {
        worker.emplace(progress, stop, work);
    } catch (const std::system_error& error) {
        return agree(team, fail(Errc::Io, std::string("cannot start a thread: ") + error.what()));
    }
    if (auto accompanied = accompany(team, *worker, progress); !accompanied) {
        worker->stop();
        return accompanied;
    }
    return agree(team, worker->result());
}

std::vector<unsigned> divideFiles(std::span<const PlannedFile> files, unsigned ranks) {
    std::vector<std::uint64_t> cost;
    for (const auto& file : files) {
        auto& bytes = cost.emplace_back(file.bytes);
        for (const auto& record : file.records) bytes += sourceBytes(record);
    }
    std::vector<std::size_t> largestFirst(files.size());
    std::iota(largestFirst.begin(), largestFirst.end(), 0);
    std::ranges::stable_sort(largestFirst, std::greater<>(), [&](std::size_t file) { return cost[file]; });
    using Load = std::pair<std::uint64_t, unsigned>;
    std::priority_queue<Load, std::vector<Load>, std::greater<>> least;
    for (unsigned rank = 0; rank < ranks; ++rank) least.emplace(0, rank);
    std::vector<unsigned> rankOf(files.size());
    for (const auto file : largestFirst) {
        auto [load, rank] = least.top();
        least.pop();
        rankOf[file] = rank;
        least.emplace(load + cost[file], rank);
    }
    return rankOf;
}

}  // namespace plimsoll
