// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/output_sync.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <limits>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/checked.h"
#include "io/file_kind.h"

namespace plimsoll {

namespace {

constexpr auto kLargestOffset = static_cast<std::uint64_t>(std::numeric_limits<off_t>::max());

// Small enough that a slow disk answers a stop within a second.
constexpr off_t kSyncPiece = off_t{16} << 20;

bool isUnsupported(int errnoValue) {
    return errnoValue == EINVAL || errnoValue == ENOSYS || errnoValue == EOPNOTSUPP || errnoValue == EPERM;
}

// 0 or an errno value. A write that failed is told once for each descriptor: what this call hears fsync does not say
// again. Where a file system does not know the call, fsync does all of the work.
int waitForWrites(int fd, off_t offset, off_t bytes) noexcept {
    constexpr unsigned kWait = SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;
    while (::sync_file_range(fd, offset, bytes, kWait) != 0) {
        if (errno == EINTR) continue;
        return isUnsupported(errno) || errno == ESPIPE ? 0 : errno;
    }
    return 0;
}

}  // namespace

std::string directoryOf(const std::string& path) {
    const auto slash = path.rfind('/');
    if (slash == std::string::npos) return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
}

int syncFile(int fd) noexcept {
    while (::fsync(fd) != 0) {
        if (errno != EINTR) return errno;
    }
    return 0;
}

Result<void> flushWrites(int fd, const std::string& path, const std::stop_token& stop) {
    struct stat status {};
    if (::fstat(fd, &status) != 0) return fail(ioError(path, errno));
    for (off_t at = 0; at < status.st_size; at += kSyncPiece) {
        if (stop.stop_requested()) return cancelled();
        // The next piece is under way while this one is waited for.
        static_cast<void>(::sync_file_range(fd, at + kSyncPiece, kSyncPiece, SYNC_FILE_RANGE_WRITE));
        if (const int error = waitForWrites(fd, at, kSyncPiece)) return fail(ioError(path, error));
    }
    return stop.stop_requested() ? Result<void>(cancelled()) : Result<void>();
}

void startWriteOut(int fd, std::uint64_t offset, std::uint64_t bytes) noexcept {
    static_cast<void>(
        ::sync_file_range(fd, static_cast<off_t>(offset), static_cast<off_t>(bytes), SYNC_FILE_RANGE_WRITE));
}

Result<void> giveBackWritten(int fd, const std::string& path, std::uint64_t offset, std::uint64_t bytes) {
    const auto from = static_cast<off_t>(offset);
    const auto length = static_cast<off_t>(bytes);
    if (const int error = waitForWrites(fd, from, length)) return fail(ioError(path, error, offset));
    static_cast<void>(::posix_fadvise(fd, from, length, POSIX_FADV_DONTNEED));
    return {};
}

Result<void> syncWrites(int fd, const std::string& path, const std::stop_token& stop) {
    TRY_VOID(flushWrites(fd, path, stop));
    if (const int error = syncFile(fd)) return fail(ioError(path, error));
    return {};
}

Result<void> syncDirectory(const std::string& directory) {
    const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return {};  // may be written to but not read: the kernel's own write-back has to do
    const int error = syncFile(fd);
    ::close(fd);
    const bool unsupported = error == EINVAL || error == ENOSYS || error == EOPNOTSUPP || error == EPERM;
    if (error == 0 || unsupported) return {};
    return fail(ioError(directory, error));
}

int renameNew(const std::string& from, const std::string& to) noexcept {
    if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return 0;
    if (!isUnsupported(errno)) return errno;
    if (::link(from.c_str(), to.c_str()) == 0) return ::unlink(from.c_str()) == 0 ? 0 : errno;
    if (!isUnsupported(errno)) return errno;
    // Neither is known to the file system (FAT): a look and a plain rename are what is left.
    struct stat status {};
    if (::lstat(to.c_str(), &status) == 0) return EEXIST;
    return ::rename(from.c_str(), to.c_str()) == 0 ? 0 : errno;
}

Result<void> readBack(int fd, const std::string& path, std::uint64_t offset, std::span<std::byte> out) {
    if (!fitsWithin(offset, out.size(), kLargestOffset)) return fail(ioError(path, EFBIG, offset));
    while (!out.empty()) {
        const ssize_t got = ::pread(fd, out.data(), out.size(), static_cast<off_t>(offset));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return fail(ioError(path, errno, offset));
        if (got == 0) return fail(Error{Errc::Truncated, offset, fmt::format("ends {} bytes early", out.size()), path});
        out = out.subspan(static_cast<std::size_t>(got));
        offset += static_cast<std::uint64_t>(got);
    }
    return {};
}

Result<void> writeAll(int fd, const std::string& path, std::uint64_t offset, std::span<const std::byte> data) {
    if (!fitsWithin(offset, data.size(), kLargestOffset)) return fail(ioError(path, EFBIG, offset));
    while (!data.empty()) {
        const ssize_t written = ::pwrite(fd, data.data(), data.size(), static_cast<off_t>(offset));
        if (written < 0) {
            if (errno == EINTR) continue;
            return fail(ioError(path, errno, offset));
        }
        data = data.subspan(static_cast<std::size_t>(written));
        offset += static_cast<std::uint64_t>(written);
    }
    return {};
}

Result<void> reserveBytes(int fd, const std::string& path, std::uint64_t bytes) {
    if (bytes > kLargestOffset) return fail(ioError(path, EFBIG));
    if (::ftruncate(fd, 0) != 0) return fail(ioError(path, errno));
    if (bytes == 0) return {};
    int error = 0;
    do {
        error = ::fallocate(fd, 0, 0, static_cast<off_t>(bytes)) == 0 ? 0 : errno;
    } while (error == EINTR);
    if (error == EOPNOTSUPP || error == ENOSYS) error = ::ftruncate(fd, static_cast<off_t>(bytes)) == 0 ? 0 : errno;
    if (error == 0) return {};
    return fail(Error{Errc::Io, kNoOffset, fmt::format("cannot reserve {} bytes: {}", bytes, errnoText(error)), path});
}

}  // namespace plimsoll
