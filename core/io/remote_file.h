// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "io/http_range.h"
#include "io/read_options.h"

namespace plimsoll {

// A file on an HTTP server, read by ranges. Kept is a block around the last small read, because the next one is near it
// (rows of a matrix, headers and their data). Safe from any thread, with a connection for each that reads at the time.
class RemoteFile {
public:
    struct Opened {
        std::shared_ptr<const RemoteFile> file;
        std::vector<std::byte> head;  // the first bytes: opening has to ask for some
    };

    // One request (and its redirects): tells the size, and that the server knows ranges.
    //   errors  as RangeAnswer::error
    [[nodiscard]] static Result<Opened> open(const std::string& address, const ReadOptions& options);

    // Fills `out`, which must lie within the file, by requests of at most 8 MiB. What may pass is tried again,
    // HttpOptions::attempts times in all.
    //   errors  as RangeAnswer::error; Corrupt where the file is not the one that was opened any more
    [[nodiscard]] Result<void> readAt(std::uint64_t offset, std::span<std::byte> out,
                                      const std::stop_token& stop) const;

    [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
    // Without credentials.
    [[nodiscard]] const std::string& shownAddress() const noexcept { return shown_; }
    // False where the server tells nothing by which a change of the file could be noticed, but its size.
    [[nodiscard]] bool hasVersion() const noexcept { return !entityTag_.empty() || !lastModified_.empty(); }

private:
    RemoteFile(const std::string& address, const ReadOptions& options);
    Result<std::vector<std::byte>> readHead(const std::stop_token& stop);
    struct Block {
        std::uint64_t begin;
        std::vector<std::byte> bytes;
    };
    Result<void> readSmall(std::uint64_t offset, std::span<std::byte> out, const std::stop_token& stop) const;
    Result<RangeAnswer> fetch(std::uint64_t offset, std::span<std::byte> out, const std::stop_token& stop) const;
    Result<void> compare(const RangeAnswer& answer) const;
    bool startAnew(const RangeAnswer& answer) const;
    void remember(const RangeAnswer& answer) const;
    [[nodiscard]] std::string current() const;
    tl::unexpected<Error> failed(Error error, int attempts) const;

    std::string address_;
    std::string shown_;
    HttpOptions options_;
    bool isOpen_ = false;
    std::uint64_t size_ = 0;
    std::string entityTag_;
    std::string lastModified_;
    std::string ifRange_;
    mutable std::mutex mutex_;
    mutable std::string current_;                 // where the last redirect led to
    mutable std::shared_ptr<const Block> block_;  // around the last small read
};

}  // namespace plimsoll
