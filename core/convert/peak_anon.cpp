// SPDX-License-Identifier: GPL-3.0-or-later
#include "convert/peak_anon.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <stop_token>
#include <utility>

namespace plimsoll {

namespace {
constexpr std::chrono::milliseconds kInterval(10);
}

PeakAnon::PeakAnon() {
    auto sampler = ProcessSampler::open(::getpid());
    if (!sampler) return;
    sampler_ = std::move(*sampler);
    if (const auto now = sampler_->sample()) start_ = now->anon;
    thread_ = std::jthread([this](const std::stop_token& stop) {
        std::condition_variable_any wake;
        std::unique_lock lock(mutex_);
        while (!stop.stop_requested()) {
            sample();
            wake.wait_for(lock, stop, kInterval, [] { return false; });
        }
    });
}

void PeakAnon::sample() noexcept {
    if (const auto now = sampler_->sample()) peak_ = std::max(peak_, now->anon);
}

std::uint64_t PeakAnon::finish() {
    if (!thread_.joinable()) return 0;
    thread_.request_stop();
    thread_.join();
    sample();
    return peak_ - std::min(peak_, start_);
}

}  // namespace plimsoll
