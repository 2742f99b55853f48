// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

#include "io/direct_file.h"
#include "io/input_file.h"

namespace plimsoll {

// Reads what will be asked for soon, past the page cache, in windows of a few MiB, while others work: a disk gives its
// best for large requests, several at a time. What the page cache has is left to it, and so is a window of which less
// than half is expected: reading all of it would cost more than it brings. Safe from any thread; nothing is allocated,
// and no thread runs, before the first window that has to come from a disk.
class ReadAhead {
public:
    struct Shape {
        std::uint64_t windowBytes = 0;  // a multiple of the page
        std::size_t windows = 0;        // held at most
        // For so many runs of a file, or of files, that are read side by side. No windows where the memory is too
        // small.
        [[nodiscard]] static Shape of(std::uint64_t memoryBytes, std::size_t runs) noexcept;
        // How far ahead one of these runs may be announced.
        [[nodiscard]] std::uint64_t aheadBytes(std::size_t runs) const noexcept;
    };

    explicit ReadAhead(const Shape& shape);
    ReadAhead(const ReadAhead&) = delete;
    ReadAhead& operator=(const ReadAhead&) = delete;
    ~ReadAhead();

    // These bytes will be taken, once. Order of calls is the order of reads. `file` must outlive this object.
    void expect(const InputFile& file, std::uint64_t offset, std::uint64_t bytes);

    // Fills `out`, waiting for reads that are under way. False, with anything in `out`, where not all of it was
    // expected, or it could not be read: the caller's own read then succeeds, or knows why not.
    [[nodiscard]] bool take(const InputFile& file, std::uint64_t offset, std::span<std::byte> out);

    // Windows that came from a disk so far.
    [[nodiscard]] std::uint64_t windowsRead() const;

private:
    enum class State : std::uint8_t { Waiting, Reading, Ready, Failed };
    struct Window {
        const InputFile* file = nullptr;
        std::uint64_t index = 0;  // of the file
        std::shared_ptr<DirectFile> direct;
        State state = State::Waiting;
        std::uint64_t number = 0;         // in the order of announcement
        std::uint64_t expectedBytes = 0;  // not taken yet
        unsigned users = 0;               // copying from it
        unsigned waiters = 0;             // until it is read
        std::optional<PageBuffer> buffer;
    };
    using Key = std::pair<const InputFile*, std::uint64_t>;

    // All of these with the lock held.
    void add(const InputFile& file, std::uint64_t index, std::uint64_t bytes);
    [[nodiscard]] bool isWasteful() const noexcept;
    void startReaders();
    void awaitRead(std::unique_lock<std::mutex>& lock, const std::shared_ptr<Window>& window);
    void used(const std::shared_ptr<Window>& window, std::uint64_t bytes);
    [[nodiscard]] std::shared_ptr<Window> nextToRead();
    [[nodiscard]] bool findBuffer(Window& window);
    void grow();
    void giveUpLast();
    void failAll();

    void readWindows(const std::stop_token& stop);
    // Without the lock.
    [[nodiscard]] bool read(Window& window, std::span<std::byte> staging) const;
    [[nodiscard]] bool copyFrom(const Key& key, std::uint64_t offset, std::span<std::byte> out);

    const Shape shape_;
    mutable std::mutex mutex_;
    std::condition_variable_any changed_;
    std::map<Key, std::shared_ptr<Window>> windows_;
    std::deque<std::shared_ptr<Window>> waiting_;
    std::vector<PageBuffer> free_;
    std::size_t buffers_ = 0;
    std::size_t mostBuffers_;
    std::uint64_t announced_ = 0;
    std::uint64_t windowsRead_ = 0;
    std::uint64_t takenBytes_ = 0;
    std::shared_ptr<DirectFile> lastDirect_;
    const InputFile* lastFile_ = nullptr;
    std::vector<std::jthread> readers_;  // last: they end before anything they use
};

}  // namespace plimsoll
