// SPDX-License-Identifier: GPL-3.0-or-later
#include "jobs/memory_watch.h"

#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <optional>
#include <stop_token>
#include <utility>

#include "memory/process_sampler.h"

namespace plimsoll::ui {
namespace {

constexpr std::chrono::milliseconds kInterval{20};

std::uint64_t above(std::uint64_t now, std::uint64_t before) {
    return now > before ? now - before : 0;
}

}  // namespace

std::jthread MemoryWatch::start() {
    return std::jthread([this](const std::stop_token& stop) {
        const auto sampler = ProcessSampler::open(getpid());
        if (!sampler) return;
        const auto begin = std::chrono::steady_clock::now();
        std::optional<MemorySample> first;
        std::mutex sleepMutex;
        std::condition_variable_any sleep;
        std::unique_lock lock(sleepMutex);
        while (!stop.stop_requested()) {
            const auto now = sampler->sample();
            if (!now) return;
            if (!first) first = *now;
            TimelinePoint point;
            point.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
            point.rss = above(now->rss, first->rss);
            point.anon = above(now->anon, first->anon);
            point.file = above(now->file, first->file);
            {
                const std::lock_guard guard(mutex_);
                points_.push_back(point);
            }
            sleep.wait_for(lock, stop, kInterval, [] { return false; });
        }
    });
}

std::vector<TimelinePoint> MemoryWatch::take() {
    const std::lock_guard guard(mutex_);
    return std::exchange(points_, {});
}

}  // namespace plimsoll::ui
