// SPDX-License-Identifier: GPL-3.0-or-later
#include "formats/directory.h"

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "checkpoint/words.h"
#include "formats/reader.h"

namespace plimsoll {

namespace {

namespace fs = std::filesystem;

// Files of one directory that are looked into; a directory of more is no checkpoint.
constexpr std::size_t kProbedFiles = 1000;

Result<std::vector<fs::path>> filesOf(const std::string& directory) {
    std::vector<fs::path> files;
    std::error_code error;
    for (fs::directory_iterator at(directory, error), end; !error && at != end; at.increment(error)) {
        std::error_code ignored;
        if (at->is_regular_file(ignored)) files.push_back(at->path());
    }
    if (error) return fail(Errc::Io, fmt::format("the directory cannot be read: {}", error.message()));
    std::ranges::sort(files);
    return files;
}

std::string listOf(const std::vector<fs::path>& files) {
    constexpr std::size_t kShown = 10;
    std::string text;
    for (std::size_t i = 0; i < std::min(kShown, files.size()); ++i)
        text += (i > 0 ? ", " : "") + inQuotes(files[i].filename().string());
    if (files.size() > kShown) text += fmt::format(" and {} more", files.size() - kShown);
    return text;
}

bool isCheckpoint(const fs::path& path) {
    const auto mapping = MappedFile::open(path.string());
    return mapping && probeFile((*mapping)->bytes()) != nullptr;
}

}  // namespace

Result<std::string> checkpointOfDirectory(const std::string& directory) {
    TRY(const auto files, filesOf(directory));
    std::vector<fs::path> indexes;
    std::ranges::copy_if(files, std::back_inserter(indexes),
                         [](const fs::path& path) { return path.filename().string().ends_with(".index.json"); });
    for (const std::string_view usual : {"model.safetensors.index.json", "pytorch_model.bin.index.json"})
        for (const auto& index : indexes)
            if (index.filename() == usual) return index.string();
    if (indexes.size() == 1) return indexes[0].string();
    if (indexes.size() > 1)
        return fail(Errc::Usage,
                    fmt::format("the directory holds several indexes: {} (open one of them)", listOf(indexes)));
    std::error_code ignored;
    if (fs::exists(fs::path(directory) / ".metadata", ignored)) return (fs::path(directory) / ".metadata").string();
    if (std::ranges::any_of(files, [](const fs::path& path) { return path.extension() == ".distcp"; }))
        return fail(Errc::Corrupt, fmt::format("a torch distributed checkpoint without its .metadata, as a save that "
                                               "was interrupted leaves it; it holds {}",
                                               listOf(files)));
    std::vector<fs::path> checkpoints;
    if (files.size() <= kProbedFiles) std::ranges::copy_if(files, std::back_inserter(checkpoints), isCheckpoint);
    if (checkpoints.size() == 1) return checkpoints[0].string();
    if (checkpoints.size() > 1)
        return fail(Errc::Usage,
                    fmt::format("the directory holds several checkpoints: {} (open one of them)", listOf(checkpoints)));
    return fail(Errc::Unsupported, files.empty()
                                       ? std::string("the directory holds no files (expected a checkpoint)")
                                       : fmt::format("the directory holds no checkpoint, but {}", listOf(files)));
}

}  // namespace plimsoll
