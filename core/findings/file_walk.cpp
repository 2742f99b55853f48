// SPDX-License-Identifier: GPL-3.0-or-later
#include "findings/file_walk.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <set>
#include <utility>

#include "io/address.h"
#include "io/file_kind.h"

namespace plimsoll {

namespace {

namespace fs = std::filesystem;

class Walk {
public:
    explicit Walk(fs::path root) : root_(std::move(root)) {}

    Result<std::vector<WalkedFile>> run() {
        directories_.push_back(root_);
        while (!directories_.empty()) {
            const fs::path directory = std::move(directories_.back());
            directories_.pop_back();
            TRY_VOID(list(directory));
        }
        std::ranges::sort(files_, {}, &WalkedFile::relativePath);
        return std::move(files_);
    }

private:
    Result<void> list(const fs::path& directory) {
        struct stat info {};
        if (::stat(directory.c_str(), &info) != 0) return fail(ioError(directory.string(), errno));
        if (!entered_.emplace(info.st_dev, info.st_ino).second) return {};
        std::error_code error;
        fs::directory_iterator entry(directory, error);
        for (; !error && entry != fs::directory_iterator(); entry.increment(error)) add(entry->path());
        if (error) return fail(ioError(directory.string(), error.value()));
        return {};
    }

    void add(const fs::path& path) {
        struct stat info {};
        // A link that leads nowhere is listed: opening it says why.
        if (::stat(path.c_str(), &info) != 0) info = {};
        if (S_ISDIR(info.st_mode)) return directories_.push_back(path);
        WalkedFile file{path.string(), path.lexically_relative(root_).string(), 0, {}};
        file.bytes = static_cast<std::uint64_t>(info.st_size);
        if (const char* const kind = info.st_mode == 0 ? nullptr : unusualKind(info.st_mode)) file.unusual = kind;
        files_.push_back(std::move(file));
    }

    fs::path root_;
    std::vector<fs::path> directories_;
    std::set<std::pair<dev_t, ino_t>> entered_;
    std::vector<WalkedFile> files_;
};

}  // namespace

Result<std::vector<WalkedFile>> walkFiles(const std::string& path) {
    if (isAddress(path)) return std::vector{WalkedFile{path, fileNameOfAddress(path), 0, {}}};
    if (isAddress(path)) return std::vector{WalkedFile{path, fileNameOfAddress(path), 0, {}}};
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0) return fail(ioError(path, errno));
    if (S_ISDIR(info.st_mode)) return Walk(path).run();
    return std::vector{
        WalkedFile{path, fs::path(path).filename().string(), static_cast<std::uint64_t>(info.st_size), {}}};
}

}  // namespace plimsoll
