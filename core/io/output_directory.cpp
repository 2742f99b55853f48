// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/output_directory.h"

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>
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

namespace fs = std::filesystem;

constexpr std::size_t kOpenFiles = 64;
// Beyond this many files one request for the whole file system is faster than one for each.
constexpr std::size_t kSyncedOneByOne = 256;

tl::unexpected<Error> usage(std::string what, const std::string& path) {
    return fail(Error{Errc::Usage, kNoOffset, std::move(what), path});
}

std::string withoutSlashes(std::string path) {
    while (path.size() > 1 && path.back() == '/') path.pop_back();
    return path;
}

// Behind symbolic links; the path itself where there is nothing yet.
Result<std::string> resolveDirectory(const std::string& path) {
    if (path.empty() || path.find('\0') != std::string::npos)
        return usage("is not the name of a directory that could be written", path);
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) {
        if (errno == ENOENT) return path;
        return fail(ioError(path, errno));
    }
    const std::unique_ptr<char, decltype(&std::free)> resolved(::realpath(path.c_str(), nullptr), &std::free);
    if (resolved == nullptr) return fail(ioError(path, errno));
    if (::stat(resolved.get(), &status) != 0) return fail(ioError(path, errno));
    if (!S_ISDIR(status.st_mode)) return usage("is a file (several files need a directory)", path);
    // "." and ".." have no sibling under their own name; what they lead to has.
    const auto last = path.substr(path.rfind('/') == std::string::npos ? 0 : path.rfind('/') + 1);
    return S_ISLNK(status.st_mode) || last == "." || last == ".." ? std::string(resolved.get()) : path;
}

struct Entry {
    std::string name;
    bool isDirectory = false;
};

Result<std::vector<Entry>> entriesOf(const std::string& directory) {
    std::vector<Entry> entries;
    std::error_code error;
    for (fs::directory_iterator at(directory, error), end; !error && at != end; at.increment(error)) {
        std::error_code unknown;
        const bool isDirectory = at->symlink_status(unknown).type() == fs::file_type::directory;
        entries.push_back({at->path().filename().string(), isDirectory});
    }
    if (error) return fail(Error{Errc::Io, kNoOffset, error.message(), directory});
    return entries;
}

bool isThere(const std::string& path) {
    struct stat status {};
    return ::lstat(path.c_str(), &status) == 0;
}

}  // namespace

class OutputDirectory::Handle {
public:
    explicit Handle(int fd) noexcept : fd_(fd) {}
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;
    ~Handle() { ::close(fd_); }
    [[nodiscard]] int fd() const noexcept { return fd_; }

private:
    int fd_;
};

Result<OutputDirectory> OutputDirectory::open(const std::string& path, OutputFile::Existing existing,
                                              Replaces replaces) {
    const auto plain = withoutSlashes(path);
    TRY(auto target, resolveDirectory(plain));
    OutputDirectory directory(plain, std::move(target), existing, std::move(replaces));
    if (!isThere(directory.oldName())) TRY_VOID(directory.checkExisting());
    TRY_VOID(directory.lockPartial());
    TRY_VOID(directory.bringBackOld());
    TRY_VOID(directory.checkExisting());
    return directory;
}

Result<std::string> OutputDirectory::check(const std::string& path, OutputFile::Existing existing, Replaces replaces) {
    const auto plain = withoutSlashes(path);
    TRY(auto target, resolveDirectory(plain));
    const OutputDirectory directory(plain, std::move(target), existing, std::move(replaces));
    TRY_VOID(directory.checkExisting());
    TRY_VOID(checkCreatable(directory.partial_));
    return directory.partial_;
}

Result<OutputDirectory> OutputDirectory::join(const std::string& path) {
    const auto plain = withoutSlashes(path);
    TRY(auto target, resolveDirectory(plain));
    OutputDirectory directory(plain, std::move(target), OutputFile::Existing::Refuse,
                              [](std::string_view) { return false; });
    directory.keep_ = true;
    const auto& partial = directory.partial_;
    directory.lock_ = ::open(partial.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (directory.lock_ < 0) return fail(ioError(partial, errno));
    TRY_VOID(directory.share());
    return directory;
}

Result<void> OutputDirectory::share() const {
    if (::flock(lock_, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK)
        return usage("another program is writing this directory now", partial_);
    return {};
}

OutputDirectory::OutputDirectory(std::string path, std::string target, OutputFile::Existing existing, Replaces replaces)
    : path_(std::move(path)),
      target_(std::move(target)),
      partial_(target_ + ".partial"),
      existing_(existing),
      replaces_(std::move(replaces)) {}

OutputDirectory::OutputDirectory(OutputDirectory&& other) noexcept
    : path_(std::move(other.path_)),
      target_(std::move(other.target_)),
      partial_(std::move(other.partial_)),
      existing_(other.existing_),
      replaces_(std::move(other.replaces_)),
      lock_(std::exchange(other.lock_, -1)),
      keep_(other.keep_),
      files_(std::move(other.files_)),
      ownEntries_(std::move(other.ownEntries_)),
      open_(std::move(other.open_)) {}

OutputDirectory::~OutputDirectory() {
    if (lock_ < 0) return;
    open_.clear();
    std::error_code ignored;
    if (!keep_) fs::remove_all(partial_, ignored);
    ::close(lock_);
}

bool OutputDirectory::isReplaced(std::string_view name) const {
    return replaces_(name) || ownEntries_.contains(std::string(name));
}

Result<void> OutputDirectory::checkExisting() const {
    if (!isThere(target_)) return {};
    TRY(const auto entries, entriesOf(target_));
    for (const auto& entry : entries) {
        if (existing_ == OutputFile::Existing::Refuse)
            return usage(fmt::format("is not empty (it holds '{}')", entry.name), path_);
        if (entry.isDirectory && !replaces_(entry.name))
            return usage(
                fmt::format("holds the directory '{}', which is no part of what would be replaced", entry.name), path_);
    }
    return {};
}

// As with files, the lock belongs to the inode: see OutputFile::openPartial.
Result<void> OutputDirectory::lockPartial() {
    constexpr int kAttempts = 100;
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
        const bool made = ::mkdir(partial_.c_str(), 0777) == 0;
        if (!made && errno != EEXIST) return fail(ioError(partial_, errno));
        const int fd = ::open(partial_.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0 && errno == ENOENT) continue;
        if (fd < 0) return fail(ioError(partial_, errno));
        const bool heldByOther = ::flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
        struct stat opened {};
        struct stat named {};
        const bool stillNamed = ::fstat(fd, &opened) == 0 && ::lstat(partial_.c_str(), &named) == 0 &&
                                opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
        if (!heldByOther && stillNamed) {
            lock_ = fd;
            keep_ = !made;
            return {};
        }
        ::close(fd);
        if (heldByOther) return usage("another program is writing this directory now", partial_);
    }
    return usage("other programs keep replacing this directory", partial_);
}

// A run that was killed in the moment in which neither directory had the name.
Result<void> OutputDirectory::bringBackOld() const {
    if (isThere(target_) || !isThere(oldName())) return {};
    if (::rename(oldName().c_str(), target_.c_str()) != 0) return fail(ioError(oldName(), errno));
    return {};
}

std::size_t OutputDirectory::add(std::string name, std::uint64_t bytes) {
    ownEntries_.insert(name.substr(0, name.find('/')));
    files_.push_back({std::move(name), bytes});
    return files_.size() - 1;
}

bool OutputDirectory::isEmpty() const {
    const auto entries = entriesOf(partial_);
    return entries && entries->empty();
}

Result<std::uint64_t> OutputDirectory::inode() const {
    struct stat status {};
    if (::fstat(lock_, &status) != 0) return fail(ioError(partial_, errno));
    return status.st_ino;
}

Result<void> OutputDirectory::makeFile(const File& file) const {
    const auto name = partialName(file);
    std::error_code error;
    if (file.name.find('/') != std::string::npos) fs::create_directories(directoryOf(name), error);
    const int fd = ::open(name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (fd < 0) return fail(ioError(name, errno));
    const Handle owner(fd);
    return reserveBytes(fd, name, file.bytes);
}

Result<void> OutputDirectory::clear() {
    TRY(const auto left, entriesOf(partial_));
    for (const auto& entry : left) {
        std::error_code error;
        fs::remove_all(partial_ + "/" + entry.name, error);
        if (error) return fail(Error{Errc::Io, kNoOffset, error.message(), partial_ + "/" + entry.name});
    }
    return {};
}

Result<void> OutputDirectory::reserve() {
    TRY_VOID(clear());
    for (const auto& file : files_) TRY_VOID(makeFile(file));
    return {};
}

Result<void> OutputDirectory::checkFiles() {
    for (const auto& file : files_) {
        struct stat status {};
        const auto name = partialName(file);
        if (::lstat(name.c_str(), &status) != 0) return fail(ioError(name, errno));
        if (!S_ISREG(status.st_mode) || static_cast<std::uint64_t>(status.st_size) != file.bytes)
            return fail(Error{Errc::Corrupt, kNoOffset,
                              fmt::format("has {} bytes (expected {})", status.st_size, file.bytes), name});
    }
    return {};
}

Result<std::shared_ptr<const OutputDirectory::Handle>> OutputDirectory::handle(std::size_t file) {
    const std::lock_guard lock(mutex_);
    if (const auto found = open_.find(file); found != open_.end()) return found->second;
    if (open_.size() >= kOpenFiles) open_.erase(open_.begin());
    const auto name = partialName(files_[file]);
    const int fd = ::open(name.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) return fail(ioError(name, errno));
    return open_.emplace(file, std::make_shared<const Handle>(fd)).first->second;
}

Result<void> OutputDirectory::writeAt(std::size_t file, std::uint64_t offset, std::span<const std::byte> data) {
    TRY(const auto opened, handle(file));
    return writeAll(opened->fd(), partialName(files_[file]), offset, data);
}

Result<void> OutputDirectory::readAt(std::size_t file, std::uint64_t offset, std::span<std::byte> out) {
    TRY(const auto opened, handle(file));
    return readBack(opened->fd(), partialName(files_[file]), offset, out);
}

Result<void> OutputDirectory::syncFile(std::size_t file, const std::stop_token& stop) {
    TRY(const auto opened, handle(file));
    return syncWrites(opened->fd(), partialName(files_[file]), stop);
}

Result<void> OutputDirectory::sync(const std::stop_token& stop) {
    if (files_.size() > kSyncedOneByOne) {
        for (std::size_t i = 0; i < files_.size(); ++i) {
            TRY(const auto opened, handle(i));
            TRY_VOID(flushWrites(opened->fd(), partialName(files_[i]), stop));
        }
        if (::syncfs(lock_) != 0) return fail(ioError(partial_, errno));
        return {};
    }
    for (std::size_t i = 0; i < files_.size(); ++i) TRY_VOID(syncFile(i, stop));
    std::string last;
    for (const auto& file : files_) {
        const auto directory = directoryOf(partialName(file));
        if (directory != last) TRY_VOID(syncDirectory(directory));
        last = directory;
    }
    return syncDirectory(partial_);
}

void OutputDirectory::startWriteOut(std::size_t file, std::uint64_t offset, std::uint64_t bytes) {
    if (const auto opened = handle(file)) plimsoll::startWriteOut((*opened)->fd(), offset, bytes);
}

Result<void> OutputDirectory::giveBackWritten(std::size_t file, std::uint64_t offset, std::uint64_t bytes) {
    TRY(const auto opened, handle(file));
    return plimsoll::giveBackWritten(opened->fd(), partialName(files_[file]), offset, bytes);
}

void OutputDirectory::dropCache(std::size_t file) {
    if (const auto opened = handle(file)) ::posix_fadvise((*opened)->fd(), 0, 0, POSIX_FADV_DONTNEED);
}

// Second names for the files that stay, before the exchange: no moment without them.
Result<void> OutputDirectory::takeOverOthers() const {
    TRY(const auto entries, entriesOf(target_));
    for (const auto& entry : entries) {
        if (isReplaced(entry.name)) continue;
        const auto from = target_ + "/" + entry.name;
        const auto to = partial_ + "/" + entry.name;
        if (::linkat(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), 0) != 0 && errno != EEXIST) {
            return fail(Error{
                Errc::Io, kNoOffset,
                fmt::format("cannot take over '{}' of the older directory: {}", entry.name, errnoText(errno)), path_});
        }
    }
    return syncDirectory(partial_);
}

// `old`: where the older directory is then.
Result<void> OutputDirectory::swap(std::string& old) const {
    if (::renameat2(AT_FDCWD, partial_.c_str(), AT_FDCWD, target_.c_str(), RENAME_EXCHANGE) == 0) {
        old = partial_;
        return {};
    }
    if (errno != EINVAL && errno != ENOSYS) return fail(ioError(path_, errno));
    // File systems that cannot exchange (network ones): for a moment neither has the name.
    old = oldName();
    removeOld(old);  // left where a run was killed before it could
    if (::rename(target_.c_str(), old.c_str()) != 0) return fail(ioError(path_, errno));
    if (::rename(partial_.c_str(), target_.c_str()) == 0) return {};
    const int error = errno;
    if (::rename(old.c_str(), target_.c_str()) != 0)
        return fail(Error{Errc::Io, kNoOffset, fmt::format("is now '{}': {}", old, errnoText(errno)), path_});
    return fail(ioError(path_, error));
}

// Only what has its place in the new directory goes; what appeared meanwhile moves over.
void OutputDirectory::removeOld(const std::string& old) const {
    const int fd = ::open(old.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) return;
    const Handle owner(fd);
    // It may be PATH.partial: another writer that took it over clears it up itself.
    if (::flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) return;
    const auto entries = entriesOf(old);
    if (!entries) return;
    std::error_code ignored;
    for (const auto& entry : *entries) {
        const auto from = old + "/" + entry.name;
        const auto to = target_ + "/" + entry.name;
        if (isReplaced(entry.name) || isThere(to))
            fs::remove_all(from, ignored);
        else
            static_cast<void>(renameNew(from, to));
    }
    ::rmdir(old.c_str());
}

Result<void> OutputDirectory::commit() {
    TRY_VOID(checkExisting());
    std::string old;
    if (existing_ == OutputFile::Existing::Replace && isThere(target_)) {
        TRY_VOID(takeOverOthers());
        TRY_VOID(swap(old));
    } else if (::rename(partial_.c_str(), target_.c_str()) != 0) {  // over an empty directory, or over nothing
        return fail(ioError(path_, errno));
    }
    open_.clear();
    ::close(std::exchange(lock_, -1));
    const auto synced = syncDirectory(directoryOf(target_));
    if (!old.empty()) removeOld(old);
    if (!synced) {
        return fail(Error{
            Errc::Io, kNoOffset,
            "is complete under its name, but the name may not survive a power cut: " + synced.error().what, path_});
    }
    return {};
}

}  // namespace plimsoll
