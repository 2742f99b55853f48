// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

namespace plimsoll::ui {

// Counts how often the GUI thread does not come to its events within a limit: a thread of its own posts one to it again
// and again and measures how long it lies there, less what the GUI thread only waited for a processor. Made and
// destroyed on the GUI thread; cheap enough for debug builds, not meant for others.
class StallWatch final : public QObject {
    Q_OBJECT
public:
    using Milliseconds = std::chrono::milliseconds;

    explicit StallWatch(Milliseconds limit = Milliseconds(50), QObject* parent = nullptr);
    ~StallWatch() override;

    [[nodiscard]] int stalls() const noexcept { return stalls_; }
    [[nodiscard]] Milliseconds longest() const noexcept { return Milliseconds(longestMs_); }
    void reset();

signals:
    void stalled(int milliseconds);  // when it is over

private:
    [[nodiscard]] std::chrono::nanoseconds processorWait() const;
    void ask();  // with the mutex held
    void answer();
    void watch(const std::stop_token& stop);

    const Milliseconds limit_;
    const std::string schedstat_;  // of the GUI thread
    std::atomic<int> stalls_ = 0;
    std::atomic<std::int64_t> longestMs_ = 0;
    std::mutex mutex_;
    std::condition_variable_any wake_;
    bool answered_ = true;
    std::chrono::steady_clock::time_point asked_;
    std::chrono::nanoseconds waitWhenAsked_{0};
    std::jthread thread_;  // last member: stops before anything it uses dies
};

}  // namespace plimsoll::ui
