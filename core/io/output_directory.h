// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/result.h"
#include "io/output_file.h"

namespace plimsoll {

// A directory of files that appears under its name only when all of them are complete: written into the sibling
// PATH.partial, which then takes the name in one step, in exchange with an older directory where there is one.
// writeAt and readAt are safe from any thread; few files are held open at a time.
class OutputDirectory {
public:
    // Which entries of an older directory the new one takes the place of: their names, as directory listings have them.
    // Everything else in it moves over to the new one.
    using Replaces = std::function<bool(std::string_view name)>;

    // Creates and locks PATH.partial, or takes over a leftover as it is. Where PATH is a symbolic link, it is followed.
    // An older directory that a killed run left without its name has it again.
    //   errors  Usage where PATH is no directory, holds something and Existing::Refuse, or holds directories that
    //           `replaces` does not name; where another writer holds PATH.partial; Io
    [[nodiscard]] static Result<OutputDirectory> open(const std::string& path, OutputFile::Existing existing,
                                                      Replaces replaces);

    // The same rules without creating or locking anything. Answers what PATH.partial is called.
    [[nodiscard]] static Result<std::string> check(const std::string& path, OutputFile::Existing existing,
                                                   Replaces replaces);

    // PATH.partial as another process has it that share()d it, to write some of its files. Stays what comes of it.
    //   errors  Usage where someone else holds it; Io where it is not there
    [[nodiscard]] static Result<OutputDirectory> join(const std::string& path);
    // Lets other processes join. Nobody else can write PATH.partial until the last of them is gone.
    [[nodiscard]] Result<void> share() const;

    OutputDirectory(OutputDirectory&& other) noexcept;
    OutputDirectory& operator=(OutputDirectory&&) = delete;
    OutputDirectory(const OutputDirectory&) = delete;
    OutputDirectory& operator=(const OutputDirectory&) = delete;
    ~OutputDirectory();

    // A file of the output; `name` is relative and may hold directories. Answers its number, from 0 on.
    std::size_t add(std::string name, std::uint64_t bytes);
    // Empties PATH.partial.
    [[nodiscard]] Result<void> clear();
    // The same, and makes all files, with their bytes reserved.
    [[nodiscard]] Result<void> reserve();
    // Io or Corrupt where a file of the output is not there with its size.
    [[nodiscard]] Result<void> checkFiles();

    [[nodiscard]] Result<void> writeAt(std::size_t file, std::uint64_t offset, std::span<const std::byte> data);
    [[nodiscard]] Result<void> readAt(std::size_t file, std::uint64_t offset, std::span<std::byte> out);
    // Waits until what was written to these files, to all and their names, is on the disk. Io, Cancelled.
    [[nodiscard]] Result<void> syncFile(std::size_t file, const std::stop_token& stop);
    [[nodiscard]] Result<void> sync(const std::stop_token& stop);
    // As the functions of output_sync.h.
    void startWriteOut(std::size_t file, std::uint64_t offset, std::uint64_t bytes);
    [[nodiscard]] Result<void> giveBackWritten(std::size_t file, std::uint64_t offset, std::uint64_t bytes);
    // Drops the file from the page cache: reading then asks the disk. What is not synced stays.
    void dropCache(std::size_t file);

    // PATH.partial becomes PATH; call once, after sync(). After an error PATH is as it was.
    [[nodiscard]] Result<void> commit();
    // Whether PATH.partial stays when this object goes without commit().
    void keep(bool stays) noexcept { keep_ = stays; }

    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    [[nodiscard]] const std::string& partialPath() const noexcept { return partial_; }
    [[nodiscard]] bool isEmpty() const;  // PATH.partial
    [[nodiscard]] Result<std::uint64_t> inode() const;

private:
    struct File {
        std::string name;
        std::uint64_t bytes = 0;
    };
    class Handle;

    OutputDirectory(std::string path, std::string target, OutputFile::Existing existing, Replaces replaces);
    [[nodiscard]] Result<void> lockPartial();
    [[nodiscard]] Result<void> checkExisting() const;
    [[nodiscard]] Result<void> bringBackOld() const;
    [[nodiscard]] Result<std::shared_ptr<const Handle>> handle(std::size_t file);
    [[nodiscard]] Result<void> makeFile(const File& file) const;
    [[nodiscard]] Result<void> takeOverOthers() const;
    [[nodiscard]] Result<void> swap(std::string& old) const;
    void removeOld(const std::string& old) const;
    [[nodiscard]] bool isReplaced(std::string_view name) const;
    // Where the older directory is for a moment, on file systems that cannot exchange two.
    [[nodiscard]] std::string oldName() const { return partial_ + ".old"; }
    [[nodiscard]] std::string partialName(const File& file) const { return partial_ + "/" + file.name; }

    std::string path_;     // as asked
    std::string target_;   // where it leads to
    std::string partial_;  // target_ + ".partial"
    OutputFile::Existing existing_;
    Replaces replaces_;
    int lock_ = -1;
    bool keep_ = false;
    std::vector<File> files_;
    std::unordered_set<std::string> ownEntries_;  // first parts of their names
    std::mutex mutex_;
    std::unordered_map<std::size_t, std::shared_ptr<const Handle>> open_;
};

}  // namespace plimsoll
