// SPDX-License-Identifier: GPL-3.0-or-later
#include "convert/output_set.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "base/glob.h"
#include "io/output_sync.h"

namespace plimsoll {

namespace {

namespace fs = std::filesystem;

tl::unexpected<Error> failAt(const std::string& path, Errc code, std::string what) {
    return fail(Error{code, kNoOffset, std::move(what), path});
}

bool isSource(const std::string& path, std::span<const FileIdentity> sources) {
    struct stat target {};
    return ::stat(path.c_str(), &target) == 0 &&
           std::ranges::find(sources, FileIdentity{target.st_dev, target.st_ino}) != sources.end();
}

// What stands under the name of an output now.
Result<void> checkFile(const std::string& path, std::span<const FileIdentity> sources, bool overwrite) {
    struct stat link {};
    if (::lstat(path.c_str(), &link) != 0) {
        // ENOENT also says that the directory is missing: creating the file tells that.
        if (errno == ENOENT) return {};
        return failAt(path, Errc::Io, errnoText(errno));
    }
    if (isSource(path, sources)) return failAt(path, Errc::Usage, "would overwrite its own source");
    struct stat target {};
    if (::stat(path.c_str(), &target) == 0 && !S_ISREG(target.st_mode))
        return failAt(path, Errc::Usage,
                      S_ISDIR(target.st_mode) ? "is a directory (expected a file to write)" : "is not a regular file");
    if (!overwrite) return failAt(path, Errc::Usage, "exists already");
    return {};
}

// No source may be among what the new directory replaces, at any depth.
Result<void> checkDirectory(const OutputRequest& request) {
    std::error_code error;
    for (const auto& file : request.files)
        if (isSource(file.path, request.sources))
            return failAt(file.path, Errc::Usage, "would overwrite its own source");
    for (fs::directory_iterator at(request.destination, error), end; !error && at != end; at.increment(error)) {
        if (!request.replaces(at->path().filename().string())) continue;
        if (isSource(at->path().string(), request.sources))
            return failAt(at->path().string(), Errc::Usage, "would overwrite its own source");
        if (!at->is_directory(error)) continue;
        for (fs::recursive_directory_iterator below(at->path(), error), none; !error && below != none;
             below.increment(error))
            if (isSource(below->path().string(), request.sources))
                return failAt(below->path().string(), Errc::Usage, "would overwrite its own source");
    }
    return {};
}

// Nothing comes into a directory that is the source, nor in the place of one that holds it.
Result<void> checkApart(const OutputRequest& request) {
    std::error_code error;
    auto place = fs::weakly_canonical(fs::absolute(request.destination, error), error);
    if (!place.has_filename()) place = place.parent_path();
    for (bool isDestination = true; !place.empty(); isDestination = false) {
        struct stat status {};
        const bool isThere = ::stat(place.c_str(), &status) == 0;
        const FileIdentity identity{status.st_dev, status.st_ino};
        if (isThere && identity == request.sourceFolder)
            return failAt(request.destination, Errc::Usage,
                          isDestination ? "is its own source" : "lies in its own source");
        if (isThere && isDestination && request.isDirectory &&
            std::ranges::find(request.sourcePlaces, identity) != request.sourcePlaces.end())
            return failAt(request.destination, Errc::Usage, "holds its own source");
        if (place == place.parent_path()) break;
        place = place.parent_path();
    }
    return {};
}

Result<void> checkRules(const OutputRequest& request) {
    TRY_VOID(request.isDirectory ? checkDirectory(request)
                                 : checkFile(request.files.front().path, request.sources, request.overwrite));
    return checkApart(request);
}

template <class T>
Result<T> named(Result<T> result, const std::string& path) {
    if (!result && result.error().path.empty()) result.error().path = path;
    return result;
}

}  // namespace

Result<OutputSet> OutputSet::open(const OutputRequest& request) {
    TRY_VOID(checkRules(request));
    const auto existing = request.overwrite ? OutputFile::Existing::Replace : OutputFile::Existing::Refuse;
    OutputSet set;
    set.plan_ = request.files;
    set.destinationBytes_ = request.destination.size();
    if (!request.isDirectory) {
        const auto& path = request.files.front().path;
        TRY(set.file_, named(OutputFile::open(path, existing), path));
        return set;
    }
    TRY(auto directory, OutputDirectory::open(request.destination, existing, request.replaces));
    set.directory_ = std::make_unique<OutputDirectory>(std::move(directory));
    for (const auto& file : request.files)
        set.directory_->add(file.path.substr(request.destination.size() + 1), file.bytes);
    return set;
}

Result<std::string> OutputSet::check(const OutputRequest& request) {
    TRY_VOID(checkRules(request));
    const auto existing = request.overwrite ? OutputFile::Existing::Replace : OutputFile::Existing::Refuse;
    if (request.isDirectory) return OutputDirectory::check(request.destination, existing, request.replaces);
    const auto& path = request.files.front().path;
    return named(OutputFile::check(path, existing), path);
}

Result<std::uint64_t> OutputSet::freeBytes(std::span<const OutputFilePlan> files, std::size_t destinationBytes,
                                           const std::string& partialPath) {
    struct statvfs space {};
    if (::statvfs(directoryOf(partialPath).c_str(), &space) != 0)
        return failAt(partialPath, Errc::Io, errnoText(errno));
    std::uint64_t available = static_cast<std::uint64_t>(space.f_bavail) * space.f_frsize;
    for (const auto& file : files) {
        struct stat left {};
        if (::stat((partialPath + file.path.substr(destinationBytes)).c_str(), &left) == 0)
            available += std::min(file.bytes, static_cast<std::uint64_t>(left.st_blocks) * 512);
    }
    return available;
}

std::string needsSpace(std::uint64_t neededBytes, std::uint64_t freeBytes) {
    return fmt::format("needs {}, {} are free", formatByteSize(neededBytes), formatByteSize(freeBytes));
}

Result<OutputSet> OutputSet::join(const OutputRequest& request) {
    OutputSet set;
    set.plan_ = request.files;
    set.destinationBytes_ = request.destination.size();
    TRY(auto directory, OutputDirectory::join(request.destination));
    set.directory_ = std::make_unique<OutputDirectory>(std::move(directory));
    for (const auto& file : request.files)
        set.directory_->add(file.path.substr(request.destination.size() + 1), file.bytes);
    return set;
}

Result<void> OutputSet::share() const {
    return directory_ ? directory_->share() : Result<void>();
}

const std::string& OutputSet::partialPath() const noexcept {
    return file_ ? file_->partialPath() : directory_->partialPath();
}

bool OutputSet::mayBeEmptied() const {
    return file_.has_value() || directory_->isEmpty();
}

Result<bool> OutputSet::isEmpty() const {
    if (directory_) return directory_->isEmpty();
    TRY(const auto bytes, file_->size());
    return bytes == 0;
}

Result<std::uint64_t> OutputSet::inode() const {
    return file_ ? file_->inode() : directory_->inode();
}

Result<void> OutputSet::reserve() {
    if (directory_) TRY_VOID(directory_->clear());
    TRY_VOID(checkSpace());
    return file_ ? named(file_->reserve(plan_.front().bytes), plan_.front().path) : directory_->reserve();
}

Result<void> OutputSet::checkSpace() const {
    std::uint64_t needed = 0;
    for (const auto& file : plan_) needed += file.bytes;
    const auto& path = plan_.front().path;
    TRY(const auto available, named(freeBytes(plan_, destinationBytes_, partialPath()), path));
    return needed > available ? failAt(path, Errc::Io, needsSpace(needed, available)) : Result<void>();
}

Result<void> OutputSet::takeOver() {
    if (directory_) return directory_->checkFiles();
    TRY(const auto bytes, file_->size());
    if (bytes == plan_.front().bytes) return {};
    return failAt(partialPath(), Errc::Corrupt, fmt::format("has {} bytes (expected {})", bytes, plan_.front().bytes));
}

Result<void> OutputSet::writeAt(std::size_t file, std::uint64_t offset, std::span<const std::byte> data) const {
    return file_ ? named(file_->writeAt(offset, data), plan_[file].path) : directory_->writeAt(file, offset, data);
}

Result<void> OutputSet::readAt(std::size_t file, std::uint64_t offset, std::span<std::byte> out) const {
    return file_ ? file_->readAt(offset, out) : directory_->readAt(file, offset, out);
}

Result<void> OutputSet::syncFile(std::size_t file, const std::stop_token& stop) const {
    return file_ ? file_->sync(stop) : directory_->syncFile(file, stop);
}

Result<void> OutputSet::sync(const std::stop_token& stop) const {
    return file_ ? file_->sync(stop) : directory_->sync(stop);
}

void OutputSet::startWriteOut(std::size_t file, std::uint64_t offset, std::uint64_t bytes) const {
    if (file_)
        plimsoll::startWriteOut(file_->descriptor(), offset, bytes);
    else
        directory_->startWriteOut(file, offset, bytes);
}

Result<void> OutputSet::giveBackWritten(std::size_t file, std::uint64_t offset, std::uint64_t bytes) const {
    return file_ ? plimsoll::giveBackWritten(file_->descriptor(), plan_[file].path, offset, bytes)
                 : directory_->giveBackWritten(file, offset, bytes);
}

void OutputSet::dropCaches() const {
    if (file_) ::posix_fadvise(file_->descriptor(), 0, 0, POSIX_FADV_DONTNEED);
    for (std::size_t i = 0; directory_ && i < plan_.size(); ++i) directory_->dropCache(i);
}

Result<void> OutputSet::commit() {
    return file_ ? named(file_->commit(), plan_.front().path) : directory_->commit();
}

void OutputSet::keep(bool stays) noexcept {
    if (file_)
        file_->keep(stays);
    else
        directory_->keep(stays);
}

}  // namespace plimsoll
