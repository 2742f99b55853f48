// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace plimsoll::cli {

// Standard output, buffered. After the first write error everything is dropped; finish() tells. One thread.
class Output {
public:
    Output();
    ~Output() = default;
    Output(const Output&) = delete;
    Output& operator=(const Output&) = delete;

    Output& operator<<(std::string_view text) {
        buffer_ += text;
        if (buffer_.size() >= kFlushBytes) flush();
        return *this;
    }
    void spaces(std::size_t count) {
        buffer_.append(count, ' ');
        if (buffer_.size() >= kFlushBytes) flush();
    }

    // Writes what is left and gives the exit status: done, or failed with a line on stderr.
    [[nodiscard]] int finish();

private:
    static constexpr std::size_t kFlushBytes = 64UL * 1024;

    void flush();

    std::string buffer_;
    int errno_ = 0;
};

}  // namespace plimsoll::cli
