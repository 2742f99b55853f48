// SPDX-License-Identifier: GPL-3.0-or-later
#include "formats/rank_dirs/rank_files.h"

#include <algorithm>
#include <charconv>
#include <filesystem>

#include <fmt/format.h>

#include "base/byte_cursor.h"
#include "checkpoint/words.h"
#include "formats/file_name.h"
#include "io/mapped_file.h"

namespace plimsoll {

namespace {

namespace fs = std::filesystem;

// Entries of one directory that are looked at: ranks are thousands at most.
constexpr std::size_t kEntries = 16'000;

// A name, from the left.
class NameCursor {
public:
    explicit NameCursor(std::string_view rest) : rest_(rest) {}
    bool skip(std::string_view text) {
        if (!rest_.starts_with(text)) return false;
        rest_.remove_prefix(text.size());
        return true;
    }
    std::optional<std::uint64_t> number() {
        std::uint64_t value = 0;
        const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
        if (error != std::errc() || end - rest_.data() > 9) return std::nullopt;
        rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
        return value;
    }
    // "TEXT<number>"
    std::optional<std::uint64_t> after(std::string_view text) {
        const auto before = rest_;
        if (skip(text))
            if (const auto value = number()) return value;
        rest_ = before;
        return std::nullopt;
    }
    [[nodiscard]] bool is(std::string_view text) const { return rest_ == text; }

private:
    std::string_view rest_;
};

struct Entry {
    fs::path path;
    bool isDirectory = false;
};

// Files, and directories that are none by way of a link; sorted by name.
Result<std::vector<Entry>> entriesOf(const fs::path& directory) {
    std::vector<Entry> entries;
    std::error_code error;
    for (fs::directory_iterator at(directory, error), end; !error && at != end; at.increment(error)) {
        std::error_code ignored;
        entries.push_back({at->path(), fs::is_directory(at->symlink_status(ignored))});
        if (entries.size() > kEntries) break;
    }
    if (error) return fail(Errc::Io, fmt::format("the directory cannot be read: {}", error.message()));
    std::ranges::sort(entries, {}, &Entry::path);
    return entries;
}

// The line in a small text file; nothing where there is no such file.
Result<std::optional<std::string>> lineIn(const fs::path& path, const ReadOptions& read) {
    constexpr std::size_t kMost = 4096;
    std::error_code ignored;
    if (!fs::is_regular_file(path, ignored)) return std::nullopt;
    TRY(const auto mapping, MappedFile::open(path.string(), read));
    std::string text(asText(mapping->bytes().first(std::min<std::size_t>(mapping->bytes().size(), kMost))));
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) text.pop_back();
    return text;
}

// A tag names a directory beside the file that it stands in.
Result<fs::path> directoryOfTag(const fs::path& directory, const std::string& file, const std::string& tag) {
    const auto path = directory / tag;
    std::error_code ignored;
    if (!isPlainFileName(tag) || !fs::is_directory(fs::symlink_status(path, ignored)))
        return fail(Errc::Corrupt,
                    fmt::format("{} names {} (expected a directory beside it)", inQuotes(file), inQuotes(tag)));
    return path;
}

Result<RankDirectory> deepSpeedFiles(const fs::path& step, const std::string& below) {
    RankDirectory found;
    found.format = Format::DeepSpeed;
    found.tag = step.filename().string();
    TRY(const auto entries, entriesOf(step));
    for (const auto& entry : entries) {
        const std::string name = entry.path.filename().string();
        const auto rank = entry.isDirectory ? std::nullopt : deepSpeedRank(name);
        if (!rank) continue;
        found.files.push_back({entry.path.string(), below + name, entry.path.stem().string()});
        found.ranks.push_back(*rank);
    }
    return found;
}

bool isMegatronFile(std::string_view name) {
    return name.ends_with(".pt") || name.ends_with(".pth") || name.ends_with(".ckpt");
}

Result<RankDirectory> megatronFiles(const fs::path& iteration, const std::string& below) {
    RankDirectory found;
    found.format = Format::Megatron;
    found.tag = iteration.filename().string();
    TRY(const auto entries, entriesOf(iteration));
    for (const auto& entry : entries) {
        const std::string name = entry.path.filename().string();
        const auto rank = entry.isDirectory ? megatronRank(name) : std::nullopt;
        if (!rank) continue;
        TRY(auto inside, entriesOf(entry.path));
        std::erase_if(inside, [](const Entry& e) { return e.isDirectory || !isMegatronFile(e.path.string()); });
        for (const auto& file : inside) {
            const std::string prefix =
                inside.size() == 1 ? name : fmt::format("{}.{}", name, file.path.stem().string());
            found.files.push_back(
                {file.path.string(), fmt::format("{}{}/{}", below, name, file.path.filename().string()), prefix});
            found.ranks.push_back(*rank);
        }
    }
    return found;
}

// "iter_0001000" for "1000"; other words ("release") are directories as they are.
std::string iterationDirectory(const std::string& line) {
    const bool isNumber =
        !line.empty() && line.size() < 10 && std::ranges::all_of(line, [](char c) { return c >= '0' && c <= '9'; });
    return isNumber ? fmt::format("iter_{:0>7}", line) : line;
}

}  // namespace

std::optional<RankOfFile> deepSpeedRank(std::string_view fileName) {
    NameCursor name(fileName);
    RankOfFile rank;
    if (!name.skip("bf16_")) name.skip("fp16_");
    rank.layer = name.after("layer_");
    if (rank.layer && name.skip("-")) {
        rank.tensor = name.after("model_");
        return rank.tensor && name.is("-model_states.pt") ? std::optional(rank) : std::nullopt;
    }
    if (rank.layer && !name.skip("_")) return std::nullopt;
    rank.expert = name.after("expert_");
    if (!rank.expert) rank.expert = name.after("expp_rank_");
    if (!rank.expert) rank.data = name.after("zero_pp_rank_");
    if ((rank.expert || rank.data) && !name.skip("_")) return std::nullopt;
    rank.tensor = name.after("mp_rank_");
    if (!rank.tensor || !(name.is("_model_states.pt") || name.is("_optim_states.pt"))) return std::nullopt;
    return rank;
}

std::optional<RankOfFile> megatronRank(std::string_view directoryName) {
    NameCursor name(directoryName);
    RankOfFile rank;
    rank.tensor = name.after("mp_rank_");
    if (!rank.tensor) return std::nullopt;
    rank.pipeline = name.after("_");
    if (rank.pipeline) rank.expert = name.after("_");
    return name.is("") ? std::optional(rank) : std::nullopt;
}

Result<RankDirectory> findRankFiles(const std::string& directory, const std::string& below) {
    TRY(auto deepSpeed, deepSpeedFiles(directory, below));
    if (!deepSpeed.files.empty()) return deepSpeed;
    return megatronFiles(directory, below);
}

Result<std::optional<std::string>> findLatestStep(const std::string& directory, const ReadOptions& read) {
    const std::string iterationFile = "latest_checkpointed_iteration.txt";
    TRY(const auto iteration, lineIn(fs::path(directory) / iterationFile, read));
    TRY(const auto latest, lineIn(fs::path(directory) / "latest", read));
    if (!iteration && !latest) return std::nullopt;
    TRY(const auto step, iteration ? directoryOfTag(directory, iterationFile, iterationDirectory(*iteration))
                                   : directoryOfTag(directory, "latest", *latest));
    return step.string();
}

}  // namespace plimsoll
