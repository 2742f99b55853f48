// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <stop_token>
#include <string>

namespace plimsoll {

// How requests to a server are made.
struct HttpOptions {
    std::chrono::milliseconds connectTimeout = std::chrono::seconds(15);
    std::chrono::seconds stallTimeout{30};   // without a byte for so long, a request has failed
    int attempts = 4;                        // of one request, where the failure may pass (resets, 502, 503, 504, ...)
    std::chrono::milliseconds backoff{250};  // before the second attempt; doubles with each
    std::string caFile;                      // certificates to trust; empty: the system's
};

// How the bytes of a mapped file get into memory.
enum class Backing : std::uint8_t {
    Auto,     // Paged on file systems where a mapping is slow or may lose its file, else Mapping
    Mapping,  // by the kernel
    Paged,    // by positional reads, when a page is first touched
};

struct ReadOptions {
    Backing backing = Backing::Auto;  // of local files; addresses are always Paged
    HttpOptions http;
    std::stop_token stop;  // ends the requests of opening, and those behind a mapping
};

}  // namespace plimsoll
