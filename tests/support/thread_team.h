// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <barrier>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "convert/team.h"

// Ranks that are threads of this process: what they tell each other, without MPI.
class ThreadTeam {
public:
    explicit ThreadTeam(unsigned ranks) : said_(ranks), barrier_(static_cast<std::ptrdiff_t>(ranks)) {}

    // Runs it as each rank; back when all have ended.
    void run(const std::function<void(plimsoll::Team&)>& rank) {
        std::vector<std::jthread> threads;
        for (unsigned i = 0; i < said_.size(); ++i) {
            threads.emplace_back([this, i, &rank] {
                Member member(*this, i);
                rank(member);
            });
        }
    }

private:
    class Member final : public plimsoll::Team {
    public:
        Member(ThreadTeam& team, unsigned rank) : team_(team), rank_(rank) {}
        [[nodiscard]] unsigned rank() const noexcept override { return rank_; }
        [[nodiscard]] unsigned size() const noexcept override { return static_cast<unsigned>(team_.said_.size()); }
        [[nodiscard]] plimsoll::Result<std::vector<Message>> all(const Message& mine) override {
            team_.said_[rank_] = mine;
            team_.barrier_.arrive_and_wait();
            auto heard = team_.said_;
            team_.barrier_.arrive_and_wait();
            return heard;
        }
        [[nodiscard]] plimsoll::Result<std::vector<Message>> atLeader(const Message& mine) override {
            auto heard = all(mine);
            if (rank_ != 0) return std::vector<Message>();
            return heard;
        }

    private:
        ThreadTeam& team_;
        unsigned rank_;
    };

    std::vector<plimsoll::Team::Message> said_;
    std::barrier<> barrier_;
};
