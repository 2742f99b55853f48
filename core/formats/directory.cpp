// SPDX-License-Identifier: GPL-3.0-or-later
#include "formats/directory.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "formats/dcp/dcp_globals.h"
#include "formats/name_list.h"
#include "formats/reader.h"
#include "formats/tensors/tensors_reader.h"
#include "formats/torch_legacy/torch_legacy_reader.h"

namespace plimsoll {

namespace {

namespace fs = std::filesystem;

// Files below a directory that are looked into: as many as can be mapped at once. A directory of more is no checkpoint.
constexpr std::size_t kProbedFiles = 16'000;
constexpr int kProbedLevels = 8;

using Paths = std::vector<fs::path>;

// Regular files of the directory and of those below it, sorted. Hidden directories and links to directories are left
// out: what they hold is somebody else's.
struct Listing {
    Paths here;
    Paths below;
};

Result<Listing> filesOf(const std::string& directory) {
    Listing files;
    std::error_code error;
    fs::recursive_directory_iterator at(directory, error);
    for (const fs::recursive_directory_iterator end; !error && at != end; at.increment(error)) {
        std::error_code ignored;
        if (at->is_directory(ignored) &&
            (at.depth() + 1 >= kProbedLevels || at->path().filename().string().starts_with('.')))
            at.disable_recursion_pending();
        if (at->is_regular_file(ignored)) (at.depth() == 0 ? files.here : files.below).push_back(at->path());
        if (files.here.size() + files.below.size() > kProbedFiles) break;
    }
    if (error) return fail(Errc::Io, fmt::format("the directory cannot be read: {}", error.message()));
    std::ranges::sort(files.here);
    std::ranges::sort(files.below);
    return files;
}

std::string listOf(const Paths& files) {
    NameList names;
    for (const auto& file : files) names.add(file.filename().string());
    return names.text();
}

// A text that happens to be a pickle of the first protocols is nobody's checkpoint among other files.
bool isCheckpoint(const fs::path& path, const ReadOptions& read) {
    const auto mapping = MappedFile::open(path.string(), read);
    const FileFormat* const format = mapping ? probeFile((*mapping)->bytes()) : nullptr;
    return format != nullptr && format->probe != looksLikeTextPickle;
}

// What nearly certainly should be one: it is missed where it cannot be read.
bool isNamedCheckpoint(const fs::path& path) {
    constexpr std::array<std::string_view, 4> kSuffixes = {".pt", ".pth", ".npy", ".safetensors"};
    return std::ranges::find(kSuffixes, path.extension().string()) != kSuffixes.end();
}

Result<std::string> indexOf(const Paths& files) {
    Paths indexes;
    std::ranges::copy_if(files, std::back_inserter(indexes),
                         [](const fs::path& path) { return path.filename().string().ends_with(".index.json"); });
    for (const std::string_view usual : {"model.safetensors.index.json", "pytorch_model.bin.index.json"})
        for (const auto& index : indexes)
            if (index.filename() == usual) return index.string();
    if (indexes.size() > 1)
        return fail(Errc::Usage,
                    fmt::format("the directory holds several indexes: {} (open one of them)", listOf(indexes)));
    return indexes.empty() ? std::string() : indexes[0].string();
}

// The only checkpoint of a directory, or several.
Result<DirectoryContent> checkpointsIn(const std::string& directory, const Listing& files, const ReadOptions& read) {
    const auto isCheckpointFile = [&read](const fs::path& path) { return isCheckpoint(path, read); };
    DirectoryContent content;
    if (files.here.size() + files.below.size() > kProbedFiles)
        return fail(Errc::OverLimit, fmt::format("the directory holds more than {} files", kProbedFiles));
    Paths checkpoints;
    std::ranges::copy_if(files.here, std::back_inserter(checkpoints), isCheckpointFile);
    if (checkpoints.size() != 1) std::ranges::copy_if(files.below, std::back_inserter(checkpoints), isCheckpointFile);
    if (checkpoints.size() == 1) {
        content.file = checkpoints[0].string();
        return content;
    }
    if (checkpoints.empty()) {
        return fail(Errc::Unsupported,
                    files.here.empty() ? std::string("the directory holds no files (expected a checkpoint)")
                                       : fmt::format("the directory holds no checkpoint, but {}", listOf(files.here)));
    }
    for (const auto* list : {&files.here, &files.below})
        std::ranges::copy_if(*list, std::back_inserter(checkpoints), isNamedCheckpoint);
    std::ranges::sort(checkpoints);
    checkpoints.erase(std::unique(checkpoints.begin(), checkpoints.end()), checkpoints.end());
    for (const auto& path : checkpoints) {
        const std::string relative = path.lexically_relative(directory).string();
        content.tensorFiles.push_back({path.string(), relative, tensorNameOfPath(relative)});
    }
    return content;
}

Result<DirectoryContent> lookInto(const std::string& directory, const std::string& below, const ReadOptions& read) {
    DirectoryContent content;
    TRY(content.ranks, findRankFiles(directory, below));
    if (!content.ranks.files.empty()) return content;
    TRY(const auto files, filesOf(directory));
    TRY(content.file, indexOf(files.here));
    std::error_code ignored;
    const fs::path metadata = fs::path(directory) / kDcpMetadataName;
    if (content.file.empty() && fs::exists(metadata, ignored)) content.file = metadata.string();
    if (!content.file.empty()) return content;
    if (below.empty()) {
        TRY(const auto step, findLatestStep(directory, read));
        if (step) return lookInto(*step, fs::path(*step).filename().string() + "/", read);
    }
    if (std::ranges::any_of(files.here, [](const fs::path& path) { return path.extension() == ".distcp"; })) {
        return fail(Errc::Corrupt, fmt::format("a torch distributed checkpoint without its .metadata, as a save that "
                                               "was interrupted leaves it; it holds {}",
                                               listOf(files.here)));
    }
    return checkpointsIn(directory, files, read);
}

}  // namespace

Result<DirectoryContent> lookInto(const std::string& directory, const ReadOptions& read) {
    return lookInto(directory, "", read);
}

Error severalCheckpoints(const std::vector<FileOfSet>& files) {
    NameList names;
    for (const auto& file : files) names.add(file.relativePath);
    return {Errc::Usage,
            kNoOffset,
            fmt::format("the directory holds several checkpoints: {} (open one of them)", names.text()),
            {}};
}

}  // namespace plimsoll
