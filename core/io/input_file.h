// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "io/read_options.h"

namespace plimsoll {

class RemoteFile;

// Of a stat: nanoseconds since 1970.
[[nodiscard]] constexpr std::int64_t modifiedNs(const struct stat& status) noexcept {
    return std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec;
}

// A regular file, or one on a server (http://, https://), opened read-only for positional reads (bulk work: a file cut
// short meanwhile is an Error, not SIGBUS). Move-only; const members are safe from any thread.
class InputFile {
public:
    // Io where it cannot be opened or read, Unsupported where it is not a regular file (FIFO, device, directory):
    // opening a path never blocks. For addresses as RangeAnswer::error (io/http_range.h).
    //   head  where given, gets the first bytes of a file whose opening had to read them anyway, else stays empty
    [[nodiscard]] static Result<InputFile> open(const std::string& path, const ReadOptions& options = {},
                                                std::vector<std::byte>* head = nullptr);

    InputFile(InputFile&& other) noexcept;
    InputFile& operator=(InputFile&& other) noexcept;
    InputFile(const InputFile&) = delete;
    InputFile& operator=(const InputFile&) = delete;
    ~InputFile();

    // Fills `out` from `offset`; Truncated where the file ends earlier, Io with the errno text. From a server by
    // requests of at most 8 MiB, each tried again where its failure may pass; `stop` ends one that is under way.
    [[nodiscard]] Result<void> readAt(std::uint64_t offset, std::span<std::byte> out,
                                      const std::stop_token& stop = {}) const;

    // Tells the kernel that [offset, offset + bytes) is read soon / is no longer needed in the page cache.
    void willNeed(std::uint64_t offset, std::uint64_t bytes) const noexcept;
    void dropCache(std::uint64_t offset, std::uint64_t bytes) const noexcept;

    [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
    // When it was last written to before it was opened, in nanoseconds since 1970; 0 for a file on a server.
    [[nodiscard]] std::int64_t modifiedNs() const noexcept { return modifiedNs_; }
    // As asked, but an address without user and password.
    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    // -1 for a file on a server, which has readAt only.
    [[nodiscard]] int descriptor() const noexcept { return fd_; }
    // nullptr for a file of this machine.
    [[nodiscard]] const RemoteFile* remote() const noexcept { return remote_.get(); }

private:
    InputFile(std::string path, int fd) noexcept;
    explicit InputFile(std::shared_ptr<const RemoteFile> remote);
    [[nodiscard]] static Result<InputFile> openLocal(const std::string& path);

    std::string path_;
    int fd_ = -1;
    std::uint64_t size_ = 0;
    std::int64_t modifiedNs_ = 0;
    std::shared_ptr<const RemoteFile> remote_;
};

}  // namespace plimsoll
