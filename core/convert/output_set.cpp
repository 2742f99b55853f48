// SPDX-License-Identifier: GPL-3.0-or-later
#include "convert/output_set.h"

#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "base/glob.h"

namespace plimsoll {

namespace {

namespace fs = std::filesystem;

tl::unexpected<Error> failAt(const std::string& path, Errc code, std::string what) {
    return fail(Error{code, kNoOffset, std::move(what), path});
}

// What stands under the name of an output now.
Result<bool> checkExisting(const std::string& path, std::span<const FileIdentity> sources, bool overwrite) {
    struct stat link {};
    if (::lstat(path.c_str(), &link) != 0) {
        // ENOENT also says that the directory is missing: creating the file tells that.
        if (errno == ENOENT) return false;
        return failAt(path, Errc::Io, errnoText(errno));
    }
    struct stat target {};
    const bool leadsSomewhere = ::stat(path.c_str(), &target) == 0;
    if (leadsSomewhere && std::ranges::find(sources, FileIdentity{target.st_dev, target.st_ino}) != sources.end())
        return failAt(path, Errc::Usage, "would overwrite its own source");
    if (leadsSomewhere && !S_ISREG(target.st_mode))
        return failAt(path, Errc::Usage,
                      S_ISDIR(target.st_mode) ? "is a directory (expected a file to write)" : "is not a regular file");
    if (!overwrite) return failAt(path, Errc::Usage, "exists already");
    return true;
}

Result<void> checkDirectoryEmpty(const std::string& directory) {
    std::error_code error;
    for (fs::directory_iterator entry(directory, error), end; !error && entry != end; entry.increment(error))
        if (entry->path().extension() != ".partial")
            return failAt(directory, Errc::Usage,
                          fmt::format("is not empty (it holds '{}')", entry->path().filename().string()));
    if (error) return failAt(directory, Errc::Io, error.message());
    return {};
}

// True where it was created.
Result<bool> makeDirectory(const std::string& directory, bool overwrite) {
    if (::mkdir(directory.c_str(), 0777) == 0) return true;
    if (errno != EEXIST) return failAt(directory, Errc::Io, errnoText(errno));
    struct stat status {};
    if (::stat(directory.c_str(), &status) != 0) return failAt(directory, Errc::Io, errnoText(errno));
    if (!S_ISDIR(status.st_mode)) return failAt(directory, Errc::Usage, "is a file (shards need a directory)");
    if (!overwrite) TRY_VOID(checkDirectoryEmpty(directory));
    return false;
}

Result<void> checkSpace(std::span<const OutputRequest> files) {
    if (files.empty()) return {};
    std::uint64_t needed = 0;
    for (const auto& file : files) {
        needed += file.bytes;
        // What an interrupted run left is overwritten, its blocks are as good as free.
        struct stat left {};
        if (::stat((file.path + ".partial").c_str(), &left) == 0)
            needed -= std::min(file.bytes, static_cast<std::uint64_t>(left.st_blocks) * 512);
    }
    auto parent = fs::path(files.front().path).parent_path();
    if (parent.empty()) parent = ".";
    struct statvfs space {};
    if (::statvfs(parent.c_str(), &space) != 0) return failAt(files.front().path, Errc::Io, errnoText(errno));
    const std::uint64_t available = static_cast<std::uint64_t>(space.f_bavail) * space.f_frsize;
    if (needed > available)
        return failAt(files.front().path, Errc::Io,
                      fmt::format("needs {}, {} are free", formatByteSize(needed), formatByteSize(available)));
    return {};
}

template <class T>
Result<T> named(Result<T> result, const std::string& path) {
    if (!result && result.error().path.empty()) result.error().path = path;
    return result;
}

}  // namespace

Result<OutputSet> OutputSet::create(std::span<const OutputRequest> files, const std::string& directory,
                                    std::span<const FileIdentity> sources, bool overwrite) {
    OutputSet set;
    if (!directory.empty()) {
        TRY(const bool created, makeDirectory(directory, overwrite));
        if (created) set.createdDirectory_ = directory;
    }
    for (const auto& file : files) {
        TRY(const bool exists, checkExisting(file.path, sources, overwrite));
        set.replaces_.push_back(exists);
    }
    TRY_VOID(checkSpace(files));
    const auto existing = overwrite ? OutputFile::Existing::Replace : OutputFile::Existing::Refuse;
    for (const auto& file : files) {
        TRY(auto output, named(OutputFile::create(file.path, file.bytes, existing), file.path));
        set.files_.push_back(std::move(output));
    }
    return set;
}

OutputSet::OutputSet(OutputSet&& other) noexcept
    : files_(std::move(other.files_)),
      replaces_(std::move(other.replaces_)),
      createdDirectory_(std::exchange(other.createdDirectory_, {})) {}

OutputSet& OutputSet::operator=(OutputSet&& other) noexcept {
    if (this == &other) return *this;
    discard();
    files_ = std::move(other.files_);
    replaces_ = std::move(other.replaces_);
    createdDirectory_ = std::exchange(other.createdDirectory_, {});
    return *this;
}

OutputSet::~OutputSet() {
    discard();
}

void OutputSet::discard() noexcept {
    files_.clear();  // removes the partial files
    if (!createdDirectory_.empty()) ::rmdir(createdDirectory_.c_str());
    createdDirectory_.clear();
}

Result<void> OutputSet::writeAt(std::size_t file, std::uint64_t offset, std::span<const std::byte> data) const {
    return named(files_[file].writeAt(offset, data), files_[file].path());
}

Result<void> OutputSet::commit() {
    for (std::size_t i = 0; i < files_.size(); ++i) {
        auto done = named(files_[i].commit(), files_[i].path());
        if (done) continue;
        for (std::size_t appeared = 0; appeared < i; ++appeared)
            if (!replaces_[appeared]) ::unlink(files_[appeared].path().c_str());
        return done;
    }
    createdDirectory_.clear();
    return {};
}

}  // namespace plimsoll
