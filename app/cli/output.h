// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>

#include "base/result.h"

namespace plimsoll::cli {

// Standard output, buffered; what is longer than a buffer is written by a thread while the next one fills. After the
// first write error everything is dropped; finish() tells. For one thread.
class Output {
public:
    Output();
    ~Output() = default;
    Output(const Output&) = delete;
    Output& operator=(const Output&) = delete;

    Output& operator<<(std::string_view text) {
        buffer_ += text;
        if (buffer_.size() >= kFlushBytes) handOver();
        return *this;
    }
    void spaces(std::size_t count) {
        buffer_.append(count, ' ');
        if (buffer_.size() >= kFlushBytes) handOver();
    }

    // Writes what is left and gives the exit status: done, or failed with a line on stderr.
    [[nodiscard]] int finish();

private:
    static constexpr std::size_t kFlushBytes = 256UL * 1024;

    void handOver();
    [[nodiscard]] bool hasWriter();
    void writeHandedOver(const std::stop_token& stop);
    void write(std::string_view text);

    std::string buffer_;
    int errno_ = 0;  // of whoever writes: the thread while it has something, else the caller
    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::string handedOver_;  // empty when written
    std::jthread writer_;     // last: it ends before what it uses
};

}  // namespace plimsoll::cli
