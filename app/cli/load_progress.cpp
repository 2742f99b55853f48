// SPDX-License-Identifier: GPL-3.0-or-later
#include "load_progress.h"

#include <utility>

#include <fmt/format.h>

#include "base/glob.h"
#include "json_writer.h"

namespace plimsoll::cli {

LoadProgress::LoadProgress(std::string strategy, ProgressMode mode)
    : strategy_(std::move(strategy)), mode_(settledProgress(mode)) {}

LoadObserver LoadProgress::observer() {
    if (mode_ == ProgressMode::None) return {};
    return {[this](const TimelinePoint& point) { show(point); }, [this](const Phase& phase) { phase_ = phase.name; }};
}

void LoadProgress::show(const TimelinePoint& point) {
    constexpr double kInterval = 0.2;
    if (shownAt_ >= 0 && point.seconds - shownAt_ < kInterval) return;
    shownAt_ = point.seconds;
    if (mode_ == ProgressMode::Json) {
        std::string line = "{\"label\":";
        appendJsonString(line, strategy_);
        line += ",\"phase\":";
        appendJsonString(line, phase_);
        line += fmt::format(",\"seconds\":{:.3f},\"rss\":{},\"anon\":{},\"file\":{}}}\n", point.seconds, point.rss,
                            point.anon, point.file);
        return toStderr(line);
    }
    toStderr(fmt::format("{}{}: {}, {:.1f} s, RSS {} (anonymous {}, file-backed {})", kEraseLine, strategy_, phase_,
                         point.seconds, formatByteSize(point.rss), formatByteSize(point.anon),
                         formatByteSize(point.file)));
}

void LoadProgress::finish() const {
    if (mode_ == ProgressMode::Auto) toStderr(kEraseLine);
}

}  // namespace plimsoll::cli
