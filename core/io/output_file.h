// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <stop_token>
#include <string>

#include "base/result.h"

namespace plimsoll {

// A file that appears under its name only when it is complete: written at positions into the sibling PATH.partial,
// then fsync, then rename. Destroyed without commit(): the partial file is removed. writeAt is safe from any thread.
// A leftover PATH.partial of a killed run is taken over and emptied; one that a live writer holds is not.
// Where PATH is a symbolic link, Replace replaces the file it leads to, and the partial file is that file's sibling.
// Programs call prepareProcess() (io/process_setup.h) first, or a file-size limit kills them with SIGXFSZ.
class OutputFile {
public:
    enum class Existing { Refuse, Replace };

    // Creates PATH.partial with `bytes` reserved, locked so that a second writer of the same PATH is refused.
    //   errors  Usage where PATH exists and Existing::Refuse, PATH is no regular file (a directory, a device), or
    //           another writer holds the partial file;
    //           Io with the errno text (no such directory, not writable, no space left)
    [[nodiscard]] static Result<OutputFile> create(const std::string& path, std::uint64_t bytes, Existing existing);

    // The same rules without creating or locking anything. Answers what PATH.partial is called.
    [[nodiscard]] static Result<std::string> check(const std::string& path, Existing existing);

    // The same without touching what PATH.partial holds: for going on with it. Until keep(false) it outlives this
    // object where it was there before.
    [[nodiscard]] static Result<OutputFile> open(const std::string& path, Existing existing);
    // Empties PATH.partial and gives it this size.
    [[nodiscard]] Result<void> reserve(std::uint64_t bytes) const;
    // Whether PATH.partial stays when this object goes without commit().
    void keep(bool stays) noexcept { keep_ = stays; }

    OutputFile(OutputFile&& other) noexcept;
    OutputFile& operator=(OutputFile&& other) noexcept;
    OutputFile(const OutputFile&) = delete;
    OutputFile& operator=(const OutputFile&) = delete;
    ~OutputFile();

    [[nodiscard]] Result<void> writeAt(std::uint64_t offset, std::span<const std::byte> data) const;

    // Of what was written; the same errors.
    [[nodiscard]] Result<void> readAt(std::uint64_t offset, std::span<std::byte> out) const;
    // Waits until what was written is on the disk: commit() then takes no time. Io, Cancelled.
    [[nodiscard]] Result<void> sync(const std::stop_token& stop) const;
    // Of PATH.partial. Io.
    [[nodiscard]] Result<std::uint64_t> inode() const;
    [[nodiscard]] Result<std::uint64_t> size() const;
    [[nodiscard]] int descriptor() const noexcept { return fd_; }

    // fsync, rename over PATH, fsync of the directory; call once. After an error nothing has appeared under PATH, but
    // for one: where only the last fsync fails the file is there, and the text says so.
    //   errors  Io; Usage where PATH appeared meanwhile and Existing::Refuse
    [[nodiscard]] Result<void> commit();

    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    [[nodiscard]] const std::string& partialPath() const noexcept { return partial_; }

private:
    OutputFile(std::string path, std::string target, Existing existing) noexcept;
    [[nodiscard]] Result<void> openPartial();
    [[nodiscard]] Result<void> moveIntoPlace();
    [[nodiscard]] bool holdsPartial() const noexcept;
    void discard() noexcept;

    std::string path_;     // as asked
    std::string target_;   // where it leads to
    std::string partial_;  // target_ + ".partial"
    int fd_ = -1;
    bool keep_ = false;
    Existing existing_ = Existing::Refuse;
};

// Io where no file could be made under this name: its directory is missing or read-only.
[[nodiscard]] Result<void> checkCreatable(const std::string& path);

// The whole of a small output (an index, a report) under the same guarantee.
[[nodiscard]] Result<void> writeWholeFile(const std::string& path, std::span<const std::byte> data,
                                          OutputFile::Existing existing);

}  // namespace plimsoll
