// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <stop_token>
#include <vector>

#include "base/progress.h"
#include "base/result.h"
#include "convert/plan.h"

namespace plimsoll {

// The processes that make one conversion together: the ranks of an MPI job, or this one alone. All of them make the
// same calls in the same order, each from one thread; a call waits for the slowest.
class Team {
public:
    using Message = std::vector<std::byte>;

    Team() = default;
    Team(const Team&) = delete;
    Team& operator=(const Team&) = delete;
    virtual ~Team() = default;

    [[nodiscard]] virtual unsigned rank() const noexcept = 0;  // 0 leads
    [[nodiscard]] virtual unsigned size() const noexcept = 0;
    // What each of them says, by rank.
    [[nodiscard]] virtual Result<std::vector<Message>> all(const Message& mine) = 0;
    // The same for the one that leads; empty for the others.
    [[nodiscard]] virtual Result<std::vector<Message>> atLeader(const Message& mine) = 0;
};

class Alone final : public Team {
public:
    [[nodiscard]] unsigned rank() const noexcept override { return 0; }
    [[nodiscard]] unsigned size() const noexcept override { return 1; }
    [[nodiscard]] Result<std::vector<Message>> all(const Message& mine) override { return std::vector<Message>{mine}; }
    [[nodiscard]] Result<std::vector<Message>> atLeader(const Message& mine) override {
        return std::vector<Message>{mine};
    }
};

// One outcome for all: where any of them failed, the same error everywhere, with the rank that it happened to. One that
// was merely stopped because of another's error does not count.
[[nodiscard]] Result<void> agree(Team& team, const Result<void>& mine);

// Runs `work` in every process; the first that fails, or is stopped, stops all. Answers as agree().
//   progress  what all of them have done; that of others ten times a second
using TeamWork = std::function<Result<void>(ProgressSink& progress, const std::stop_token& stop)>;
[[nodiscard]] Result<void> runTogether(Team& team, ProgressSink& progress, const std::stop_token& stop,
                                       const TeamWork& work);

// Which files each rank makes: about as many bytes as every other one. The same answer in all processes.
//   returns  by file: its rank
[[nodiscard]] std::vector<unsigned> divideFiles(std::span<const PlannedFile> files, unsigned ranks);

}  // namespace plimsoll
