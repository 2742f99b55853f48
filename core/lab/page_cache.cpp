// SPDX-License-Identifier: GPL-3.0-or-later
#include "lab/page_cache.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/limits.h"
#include "io/input_file.h"
#include "io/resident_pages.h"

namespace plimsoll {

namespace {

constexpr std::array<std::pair<CacheState, std::string_view>, 3> kNames = {{
    {CacheState::AsIs, "as-is"},
    {CacheState::Cold, "cold"},
    {CacheState::Warm, "warm"},
}};

constexpr std::uint64_t kReadBytes = 4 * limits::MiB;

Result<void> drop(const InputFile& file) {
    // What is not yet on the disk cannot be dropped.
    if (::fdatasync(file.descriptor()) != 0 && errno != EINVAL && errno != EROFS)
        return fail(Error{Errc::Io, kNoOffset, "cannot be written out: " + errnoText(errno), file.path()});
    const int error = ::posix_fadvise(file.descriptor(), 0, 0, POSIX_FADV_DONTNEED);
    if (error != 0)
        return fail(Error{Errc::Io, kNoOffset, "cannot be dropped from the cache: " + errnoText(error), file.path()});
    return {};
}

Result<void> readThrough(const InputFile& file, ProgressSink& progress, const std::stop_token& stop) {
    std::vector<std::byte> block(static_cast<std::size_t>(kReadBytes));
    for (std::uint64_t at = 0; at < file.size(); at += kReadBytes) {
        if (stop.stop_requested()) return cancelled();
        const auto part = std::span(block).first(static_cast<std::size_t>(std::min(kReadBytes, file.size() - at)));
        TRY_VOID(file.readAt(at, part));
        progress.advance(part.size());
    }
    return {};
}

}  // namespace

std::string_view cacheStateName(CacheState state) noexcept {
    return kNames[static_cast<std::size_t>(state)].second;
}

std::optional<CacheState> cacheStateFromName(std::string_view name) noexcept {
    for (const auto& [state, known] : kNames)
        if (known == name) return state;
    return std::nullopt;
}

std::vector<std::string> filesToLoad(const Checkpoint& checkpoint, const std::string& tensorFiles) {
    std::vector<std::string> files;
    if (tensorFiles.empty()) {
        for (const SourceFile& file : checkpoint.files)
            if (file.mapping) files.push_back(file.path);
        return files;
    }
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(tensorFiles, error))
        if (entry.is_regular_file(error)) files.push_back(entry.path().string());
    return files;
}

std::optional<double> cachedShare(std::span<const std::string> files) {
    std::uint64_t cached = 0;
    std::uint64_t all = 0;
    for (const std::string& path : files) {
        const auto file = InputFile::open(path);
        if (!file) return std::nullopt;
        const auto resident = residentPages(file->descriptor(), 0, file->size());
        if (!resident) return std::nullopt;
        cached += *resident;
        all += pagesOf(0, file->size());
    }
    if (all == 0) return std::nullopt;
    return static_cast<double>(cached) / static_cast<double>(all);
}

Result<void> prepareCache(CacheState state, std::span<const std::string> files, ProgressSink& progress,
                          const std::stop_token& stop) {
    if (state == CacheState::AsIs) return {};
    for (const std::string& path : files) {
        if (stop.stop_requested()) return cancelled();
        TRY(const InputFile file, InputFile::open(path));
        if (state == CacheState::Cold)
            TRY_VOID(drop(file));
        else
            TRY_VOID(readThrough(file, progress, stop));
    }
    return {};
}

}  // namespace plimsoll
