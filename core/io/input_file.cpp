// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/input_file.h"

#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/checked.h"
#include "io/address.h"
#include "io/file_kind.h"
#include "io/remote_file.h"

namespace plimsoll {

namespace {

tl::unexpected<Error> notRegular(const std::string& path, const char* kind) {
    return fail(Error{Errc::Unsupported, kNoOffset, fmt::format("is {}, not a regular file", kind), path});
}

}  // namespace

Result<InputFile> InputFile::open(const std::string& path, const ReadOptions& options, std::vector<std::byte>* head) {
    if (!isAddress(path)) return openLocal(path);
    TRY(auto opened, RemoteFile::open(path, options));
    if (head != nullptr) *head = std::move(opened.head);
    return InputFile(std::move(opened.file));
}

Result<InputFile> InputFile::openLocal(const std::string& path) {
    if (path.find('\0') != std::string::npos)
        return fail(Error{Errc::Usage, kNoOffset, "a path cannot hold a NUL byte", path});
    // Looked at before it is opened: opening some devices has effects (a watchdog starts, a tape rewinds).
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) return fail(ioError(path, errno));
    if (const char* kind = unusualKind(status.st_mode)) return notRegular(path, kind);
    // O_NONBLOCK: a FIFO that took the name meanwhile must not hold the caller.
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return fail(ioError(path, errno));
    InputFile file(path, fd);
    if (::fstat(fd, &status) != 0) return fail(ioError(path, errno));
    if (const char* kind = unusualKind(status.st_mode)) return notRegular(path, kind);
    file.size_ = static_cast<std::uint64_t>(status.st_size);
    file.modifiedNs_ = plimsoll::modifiedNs(status);
    return file;
}

InputFile::InputFile(std::string path, int fd) noexcept : path_(std::move(path)), fd_(fd) {}

InputFile::InputFile(std::shared_ptr<const RemoteFile> remote)
    : path_(remote->shownAddress()), size_(remote->size()), remote_(std::move(remote)) {}

InputFile::InputFile(InputFile&& other) noexcept
    : path_(std::move(other.path_)),
      fd_(std::exchange(other.fd_, -1)),
      size_(std::exchange(other.size_, 0)),
      modifiedNs_(other.modifiedNs_),
      remote_(std::move(other.remote_)) {}

InputFile& InputFile::operator=(InputFile&& other) noexcept {
    if (this != &other) {
        if (fd_ >= 0) ::close(fd_);
        path_ = std::move(other.path_);
        fd_ = std::exchange(other.fd_, -1);
        size_ = std::exchange(other.size_, 0);
        modifiedNs_ = other.modifiedNs_;
        remote_ = std::move(other.remote_);
    }
    return *this;
}

InputFile::~InputFile() {
    if (fd_ >= 0) ::close(fd_);
}

Result<void> InputFile::readAt(std::uint64_t offset, std::span<std::byte> out, const std::stop_token& stop) const {
    if (!fitsWithin(offset, out.size(), size_))
        return fail(Error{Errc::Truncated, offset,
                          fmt::format("needs {} bytes here, the file has {} in all", out.size(), size_), path_});
    if (remote_) return remote_->readAt(offset, out, stop);
    while (!out.empty()) {
        const ssize_t got = ::pread(fd_, out.data(), out.size(), static_cast<off_t>(offset));
        if (got < 0) {
            if (errno == EINTR) continue;
            return fail(ioError(path_, errno, offset));
        }
        if (got == 0)
            return fail(Error{Errc::Truncated, offset,
                              fmt::format("the file was cut short while it was open (it had {} bytes)", size_), path_});
        out = out.subspan(static_cast<std::size_t>(got));
        offset += static_cast<std::uint64_t>(got);
    }
    return {};
}

void InputFile::willNeed(std::uint64_t offset, std::uint64_t bytes) const noexcept {
    if (fd_ < 0) return;
    // A hint: that it cannot be given is no failure.
    static_cast<void>(::posix_fadvise(fd_, static_cast<off_t>(offset), static_cast<off_t>(bytes), POSIX_FADV_WILLNEED));
}

void InputFile::dropCache(std::uint64_t offset, std::uint64_t bytes) const noexcept {
    if (fd_ < 0) return;
    static_cast<void>(::posix_fadvise(fd_, static_cast<off_t>(offset), static_cast<off_t>(bytes), POSIX_FADV_DONTNEED));
}

}  // namespace plimsoll
