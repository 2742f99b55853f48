// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <stop_token>
#include <string>

#include "base/result.h"
#include "io/read_options.h"

namespace plimsoll {

// One GET of a byte range (RFC 9110, section 14). Redirects are followed, five at most and never from https to http;
// certificates are checked; user and password come from the address or ~/.netrc.
struct RangeRequest {
    std::string address;
    std::uint64_t offset = 0;
    std::span<std::byte> out;  // not empty; a file's end makes the answer shorter
    std::string ifRange;       // entity tag or date that the file must still have, empty for any
};

struct RangeAnswer {
    std::size_t received = 0;      // bytes of `out` that are filled, also where the transfer then failed
    std::uint64_t totalBytes = 0;  // of the file
    std::string entityTag;
    std::string lastModified;
    std::string finalAddress;  // after redirects
    long status = 0;           // the server's last answer, 0 for none

    // Why it failed. Network: no proper end of an answer, or 5xx; Io: the server refused; Unsupported: no ranges here;
    // Corrupt: the file is no longer the one that ifRange names; Cancelled.
    std::optional<Error> error;
    bool reached = true;   // false where no connection came about
    bool mayPass = false;  // the same request may succeed later
};

// Reads nothing of an answer that is not the range asked for. Safe from any thread.
[[nodiscard]] RangeAnswer requestRange(const RangeRequest& request, const HttpOptions& options,
                                       const std::stop_token& stop);

}  // namespace plimsoll
