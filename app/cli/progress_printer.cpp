// SPDX-License-Identifier: GPL-3.0-or-later
#include "progress_printer.h"

#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <utility>

#include <fmt/format.h>

#include "base/glob.h"
#include "json_writer.h"
#include "text.h"

namespace plimsoll::cli {

namespace {

constexpr std::chrono::milliseconds kTick{200};
}  // namespace

void toStderr(std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), stderr);
    std::fflush(stderr);
}

ProgressMode settledProgress(ProgressMode mode) {
    if (mode == ProgressMode::Auto && ::isatty(STDERR_FILENO) == 0) return ProgressMode::None;
    return mode;
}

ProgressPrinter::ProgressPrinter(std::string label, std::uint64_t totalBytes, ProgressMode mode)
    : label_(std::move(label)), total_(totalBytes), mode_(settledProgress(mode)) {
    if (mode_ == ProgressMode::None) return;
    ticker_ = std::jthread([this](const std::stop_token& stop) {
        std::mutex mutex;
        std::condition_variable_any wake;
        std::unique_lock lock(mutex);
        while (!wake.wait_for(lock, stop, kTick, [&] { return stop.stop_requested(); })) printOnce();
    });
}

ProgressPrinter::~ProgressPrinter() {
    if (mode_ == ProgressMode::None) return;
    ticker_.request_stop();
    ticker_.join();
    if (mode_ == ProgressMode::Auto) {
        toStderr(kEraseLine);
    } else {
        printOnce();
    }
}

std::string ProgressPrinter::terminalLine(std::uint64_t done, std::uint64_t total, double seconds) const {
    const double speed = seconds > 0 ? static_cast<double>(done) / seconds : 0;
    std::string line = fmt::format("{}{}: {} of {}", kEraseLine, label_, formatByteSize(done), formatByteSize(total));
    if (total > 0)
        line += fmt::format(", {} %", static_cast<int>(100.0 * static_cast<double>(done) / static_cast<double>(total)));
    if (speed > 0) {
        line += fmt::format(", {}/s", formatByteSize(static_cast<std::uint64_t>(speed)));
        const auto left = static_cast<double>(total - std::min(done, total));
        line += fmt::format(", {} left", durationText(left / speed));
    }
    return line;
}

void ProgressPrinter::printOnce() const {
    const std::uint64_t done = counter_.done();
    const std::uint64_t total = std::max(total_, counter_.total());
    const double seconds = std::chrono::duration<double>(Clock::now() - start_).count();
    if (mode_ == ProgressMode::Auto) return toStderr(terminalLine(done, total, seconds));
    std::string line = "{\"label\":";
    appendJsonString(line, label_);
    line += fmt::format(",\"done\":{},\"total\":{},\"seconds\":{:.3f}}}\n", done, total, seconds);
    toStderr(line);
}

}  // namespace plimsoll::cli
