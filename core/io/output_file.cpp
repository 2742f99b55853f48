// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/output_file.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "io/file_kind.h"
#include "io/output_sync.h"

namespace plimsoll {

namespace {

tl::unexpected<Error> usage(std::string what, const std::string& path) {
    return fail(Error{Errc::Usage, kNoOffset, std::move(what), path});
}

tl::unexpected<Error> exists(const std::string& path) {
    return usage("exists already, and replacing it was not asked for", path);
}

// The file that `path` names, behind symbolic links; `path` itself where there is nothing yet.
Result<std::string> resolveTarget(const std::string& path, OutputFile::Existing existing) {
    if (path.empty() || path.find('\0') != std::string::npos || path.back() == '/')
        return usage("is not the name of a file that could be written", path);
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) {
        if (errno == ENOENT) return path;
        return fail(ioError(path, errno));
    }
    std::string target = path;
    if (S_ISLNK(status.st_mode)) {
        if (existing == OutputFile::Existing::Refuse) return exists(path);
        const std::unique_ptr<char, decltype(&std::free)> resolved(::realpath(path.c_str(), nullptr), &std::free);
        if (resolved == nullptr)
            return fail(
                Error{Errc::Io, kNoOffset, "is a symbolic link that cannot be followed: " + errnoText(errno), path});
        target = resolved.get();
        if (::stat(target.c_str(), &status) != 0) return fail(ioError(target, errno));
    }
    if (const char* kind = unusualKind(status.st_mode))
        return usage(fmt::format("is {}, not a regular file that could be replaced", kind), path);
    if (existing == OutputFile::Existing::Refuse) return exists(path);
    return target;
}

bool sameFile(const struct stat& a, const struct stat& b) {
    return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

}  // namespace

Result<OutputFile> OutputFile::create(const std::string& path, std::uint64_t bytes, Existing existing) {
    TRY(auto file, open(path, existing));
    file.keep_ = false;
    TRY_VOID(file.reserve(bytes));
    return file;
}

Result<std::string> OutputFile::check(const std::string& path, Existing existing) {
    TRY(auto target, resolveTarget(path, existing));
    target += ".partial";
    TRY_VOID(checkCreatable(target));
    return target;
}

Result<OutputFile> OutputFile::open(const std::string& path, Existing existing) {
    TRY(auto target, resolveTarget(path, existing));
    OutputFile file(path, std::move(target), existing);
    struct stat status {};
    file.keep_ = ::lstat(file.partial_.c_str(), &status) == 0;
    TRY_VOID(file.openPartial());
    return file;
}

OutputFile::OutputFile(std::string path, std::string target, Existing existing) noexcept
    : path_(std::move(path)), target_(std::move(target)), partial_(target_ + ".partial"), existing_(existing) {}

OutputFile::OutputFile(OutputFile&& other) noexcept
    : path_(std::move(other.path_)),
      target_(std::move(other.target_)),
      partial_(std::move(other.partial_)),
      fd_(std::exchange(other.fd_, -1)),
      keep_(other.keep_),
      existing_(other.existing_) {}

OutputFile& OutputFile::operator=(OutputFile&& other) noexcept {
    if (this != &other) {
        discard();
        path_ = std::move(other.path_);
        target_ = std::move(other.target_);
        partial_ = std::move(other.partial_);
        fd_ = std::exchange(other.fd_, -1);
        keep_ = other.keep_;
        existing_ = other.existing_;
    }
    return *this;
}

OutputFile::~OutputFile() {
    discard();
}

// The lock belongs to the inode, the name may be given to another one by a writer that finishes just now: so open,
// lock, and look whether the name still leads to what was locked.
Result<void> OutputFile::openPartial() {
    constexpr int kAttempts = 100;
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
        const int fd = ::open(partial_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666);
        if (fd < 0) return fail(ioError(partial_, errno));
        struct stat opened {};
        struct stat named {};
        // File systems without locks (some network ones) leave two writers to the user's care.
        const bool heldByOther = ::flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
        const bool stillNamed =
            ::fstat(fd, &opened) == 0 && ::lstat(partial_.c_str(), &named) == 0 && sameFile(opened, named);
        const char* kind = unusualKind(opened.st_mode);
        if (!heldByOther && stillNamed && kind == nullptr && opened.st_nlink == 1) {
            fd_ = fd;
            return {};
        }
        ::close(fd);
        if (heldByOther) return usage("another program is writing this file now", partial_);
        if (kind != nullptr) return usage(fmt::format("is {}, in the way of the output", kind), partial_);
        if (stillNamed) return usage("has a second name (hard link), which writing would destroy", partial_);
    }
    return usage("other programs keep replacing this file", partial_);
}

Result<void> OutputFile::reserve(std::uint64_t bytes) const {
    return reserveBytes(fd_, partial_, bytes);
}

Result<void> OutputFile::writeAt(std::uint64_t offset, std::span<const std::byte> data) const {
    return writeAll(fd_, partial_, offset, data);
}

Result<void> OutputFile::readAt(std::uint64_t offset, std::span<std::byte> out) const {
    return readBack(fd_, partial_, offset, out);
}

Result<void> OutputFile::sync(const std::stop_token& stop) const {
    return syncWrites(fd_, partial_, stop);
}

Result<void> OutputFile::commit() {
    if (const int error = syncFile(fd_)) return fail(ioError(partial_, error));
    TRY_VOID(moveIntoPlace());
    ::close(std::exchange(fd_, -1));
    if (const auto synced = syncDirectory(directoryOf(target_)); !synced) {
        return fail(Error{
            Errc::Io, kNoOffset,
            "is complete under its name, but the name may not survive a power cut: " + synced.error().what, path_});
    }
    return {};
}

Result<void> OutputFile::moveIntoPlace() {
    if (!holdsPartial())
        return fail(
            Error{Errc::Io, kNoOffset, "was removed or replaced by another program while it was written", partial_});
    if (existing_ == Existing::Replace) {
        if (::rename(partial_.c_str(), target_.c_str()) != 0) return fail(ioError(path_, errno));
        return {};
    }
    const int error = renameNew(partial_, target_);
    if (error == EEXIST)
        return usage("appeared while the output was written, and replacing it was not asked for", path_);
    if (error != 0) return fail(ioError(path_, error));
    return {};
}

Result<std::uint64_t> OutputFile::inode() const {
    struct stat status {};
    if (::fstat(fd_, &status) != 0) return fail(ioError(partial_, errno));
    return status.st_ino;
}

Result<std::uint64_t> OutputFile::size() const {
    struct stat status {};
    if (::fstat(fd_, &status) != 0) return fail(ioError(partial_, errno));
    return static_cast<std::uint64_t>(status.st_size);
}

bool OutputFile::holdsPartial() const noexcept {
    struct stat opened {};
    struct stat named {};
    return ::fstat(fd_, &opened) == 0 && ::lstat(partial_.c_str(), &named) == 0 && sameFile(opened, named);
}

void OutputFile::discard() noexcept {
    if (fd_ < 0) return;
    if (!keep_ && holdsPartial()) ::unlink(partial_.c_str());
    ::close(std::exchange(fd_, -1));
}

Result<void> checkCreatable(const std::string& path) {
    if (::access(directoryOf(path).c_str(), W_OK | X_OK) != 0) return fail(ioError(path, errno));
    return {};
}

Result<void> writeWholeFile(const std::string& path, std::span<const std::byte> data, OutputFile::Existing existing) {
    TRY(auto file, OutputFile::create(path, data.size(), existing));
    TRY_VOID(file.writeAt(0, data));
    return file.commit();
}

}  // namespace plimsoll
