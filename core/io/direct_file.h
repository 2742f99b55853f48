// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "base/result.h"
#include "io/input_file.h"

namespace plimsoll {

// Memory at a page boundary, uninitialised; from 2 MiB on in huge pages, where the system has some. To a disk, a
// request is a list of runs of physical memory, and many disks (virtual ones above all) take few or short ones at a
// time: into huge pages they read in fewer and larger steps. Throws std::bad_alloc.
class PageBuffer {
public:
    explicit PageBuffer(std::size_t bytes);
    [[nodiscard]] std::span<std::byte> bytes() const noexcept { return {memory_.get(), size_}; }

private:
    struct Unmap {
        std::size_t mapped;
        void operator()(std::byte* memory) const noexcept;
    };
    std::unique_ptr<std::byte, Unmap> memory_;
    std::size_t size_;
};

// Reads a file once without leaving it in the page cache. What is cached already is taken from there, the rest comes
// from the disk (O_DIRECT); where the file system has no such reads, through the cache, from which it is dropped at
// once. Safe from any thread.
class DirectFile {
public:
    // What disk reads must be multiples of, in the file and in memory.
    static constexpr std::uint64_t kAlignment = 4096;

    // `file` must outlive this object.
    explicit DirectFile(const InputFile& file);
    DirectFile(const DirectFile&) = delete;
    DirectFile& operator=(const DirectFile&) = delete;
    ~DirectFile();

    // Fills `out` from `offset`, by way of `staging` where the disk is asked: at least kAlignment bytes at a page
    // boundary, of one thread; best a PageBuffer of 2 MiB or more. Errors as InputFile::readAt.
    [[nodiscard]] Result<void> readAt(std::uint64_t offset, std::span<std::byte> out, std::span<std::byte> staging);

    // The same without a copy, but for the ends, where address and offset are equal modulo kAlignment: for an `out`
    // that is a PageBuffer itself.
    [[nodiscard]] Result<void> readInto(std::uint64_t offset, std::span<std::byte> out, std::span<std::byte> staging);

private:
    // Whether the disk is to be asked.
    [[nodiscard]] bool isForDisk(std::uint64_t offset, std::size_t bytes) const;
    [[nodiscard]] Result<void> readCached(std::uint64_t offset, std::span<std::byte> out) const;
    [[nodiscard]] Result<void> readThroughCache(std::uint64_t offset, std::span<std::byte> out) const;
    [[nodiscard]] bool readStaged(std::uint64_t offset, std::span<std::byte> out, std::span<std::byte> staging);
    [[nodiscard]] bool readInPlace(std::uint64_t offset, std::span<std::byte> out);

    const InputFile& file_;
    int fd_ = -1;                       // opened with O_DIRECT
    std::atomic<bool> direct_ = false;  // whether that works here
};

}  // namespace plimsoll
