// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "io/output_directory.h"
#include "io/output_file.h"

namespace plimsoll {

// Which file a path leads to, whatever its name.
struct FileIdentity {
    dev_t device = 0;
    ino_t inode = 0;
    friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
};

// One file that is to be written.
struct OutputFilePlan {
    std::string path;
    std::uint64_t bytes = 0;
};

struct OutputRequest {
    std::string destination;  // the file, or the directory of all files
    bool isDirectory = false;
    bool overwrite = false;
    std::vector<OutputFilePlan> files;
    std::span<const FileIdentity> sources;            // files that must not be overwritten
    std::optional<FileIdentity> sourceFolder = {};    // the source, where it is a directory: nothing is written into it
    std::span<const FileIdentity> sourcePlaces = {};  // directories that hold the source's files
    OutputDirectory::Replaces replaces = {};          // directory: which older entries make room
};

// All files of one conversion, under DESTINATION.partial until commit(). Without it what was there stays, and the
// partial output as well where keep() says so.
class OutputSet {
public:
    // Checks the rules for destinations and locks the partial output; nothing is written or emptied yet.
    //   errors  Usage (exists, is no regular file, is a source or lies in one, the directory holds something), Io (no
    //   such directory)
    [[nodiscard]] static Result<OutputSet> open(const OutputRequest& request);

    // The same rules without creating or locking anything. Answers what the partial output would be called.
    [[nodiscard]] static Result<std::string> check(const OutputRequest& request);
    // For an output of these files with this partial path. What an interrupted run left of them is written over: its
    // blocks are as good as free.
    //   destinationBytes  of the files' paths, that come before their names in a directory
    [[nodiscard]] static Result<std::uint64_t> freeBytes(std::span<const OutputFilePlan> files,
                                                         std::size_t destinationBytes, const std::string& partialPath);

    // What another process opened and share()d, to write some of its files; only where isDirectory. As
    // OutputDirectory::join.
    [[nodiscard]] static Result<OutputSet> join(const OutputRequest& request);
    [[nodiscard]] Result<void> share() const;

    // Starts anew. Io: "needs X, Y are free", no space left.
    [[nodiscard]] Result<void> reserve();
    // Goes on with what is there. Corrupt, Io where it is not of the planned sizes.
    [[nodiscard]] Result<void> takeOver();
    // Io: "needs X, Y are free", for what is not on the disk yet.
    [[nodiscard]] Result<void> checkSpace() const;
    // Of the partial output; tells it from another one under the same name.
    [[nodiscard]] Result<std::uint64_t> inode() const;
    [[nodiscard]] const std::string& partialPath() const noexcept;
    // True where the partial output may be emptied: it holds nothing, or it is a file.
    [[nodiscard]] bool mayBeEmptied() const;
    // True where nothing has been written or reserved yet.
    [[nodiscard]] Result<bool> isEmpty() const;

    // Safe from any thread. Errors name the file.
    [[nodiscard]] Result<void> writeAt(std::size_t file, std::uint64_t offset, std::span<const std::byte> data) const;
    [[nodiscard]] Result<void> readAt(std::size_t file, std::uint64_t offset, std::span<std::byte> out) const;
    // What was written to a file, to all files, is on the disk. Io, Cancelled.
    [[nodiscard]] Result<void> syncFile(std::size_t file, const std::stop_token& stop) const;
    [[nodiscard]] Result<void> sync(const std::stop_token& stop) const;
    // As the functions of output_sync.h.
    void startWriteOut(std::size_t file, std::uint64_t offset, std::uint64_t bytes) const;
    [[nodiscard]] Result<void> giveBackWritten(std::size_t file, std::uint64_t offset, std::uint64_t bytes) const;
    // Lets the next read come from the disk; after sync().
    void dropCaches() const;

    [[nodiscard]] Result<void> commit();
    void keep(bool stays) noexcept;

private:
    OutputSet() = default;

    std::vector<OutputFilePlan> plan_;
    std::size_t destinationBytes_ = 0;  // of the paths of files in a directory, that come before their names
    std::optional<OutputFile> file_;    // exactly one of these two
    std::unique_ptr<OutputDirectory> directory_;
};

// "needs 1.2 GiB, 300 MiB are free".
[[nodiscard]] std::string needsSpace(std::uint64_t neededBytes, std::uint64_t freeBytes);

}  // namespace plimsoll
