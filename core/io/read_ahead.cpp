// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/read_ahead.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <new>
#include <system_error>

#include "base/limits.h"
#include "io/resident_pages.h"

namespace plimsoll {

namespace {

// Measured on a virtual machine's disk: 0.8 GB/s by requests of 1 MiB, 2.1 of 2 MiB, 2.5 of 4 MiB.
constexpr std::uint64_t kLargestWindow = 4 * limits::MiB;
constexpr std::uint64_t kSmallestWindow = 64 * limits::KiB;
// Each has one request under way.
constexpr std::size_t kReaders = 3;
// Read beyond twice of what is taken before nothing more is read ahead.
constexpr std::uint64_t kWastedWindows = 16;

}  // namespace

ReadAhead::Shape ReadAhead::Shape::of(std::uint64_t memoryBytes, std::size_t runs) noexcept {
    runs = std::max<std::size_t>(runs, 1);
    Shape shape;
    shape.windowBytes = std::bit_floor(std::min(memoryBytes / (2 * std::max<std::size_t>(runs, 2)), kLargestWindow));
    if (shape.windowBytes < kSmallestWindow) return {};
    shape.windows = static_cast<std::size_t>(memoryBytes / shape.windowBytes);
    return shape;
}

std::uint64_t ReadAhead::Shape::aheadBytes(std::size_t runs) const noexcept {
    if (windows == 0) return 0;
    const std::uint64_t each = std::max<std::uint64_t>(windows / std::max<std::size_t>(runs, 1), 2);
    return (each - 1) * windowBytes;
}

ReadAhead::ReadAhead(const Shape& shape) : shape_(shape), mostBuffers_(shape.windows) {}

ReadAhead::~ReadAhead() = default;

void ReadAhead::expect(const InputFile& file, std::uint64_t offset, std::uint64_t bytes) {
    if (shape_.windows == 0 || bytes == 0 || file.descriptor() < 0) return;
    const std::scoped_lock lock(mutex_);
    for (std::uint64_t at = offset; at < offset + bytes;) {
        const std::uint64_t index = at / shape_.windowBytes;
        const std::uint64_t end = std::min(offset + bytes, (index + 1) * shape_.windowBytes);
        if (const auto found = windows_.find({&file, index}); found != windows_.end())
            found->second->expectedBytes += end - at;
        else
            add(file, index, end - at);
        at = end;
    }
}

bool ReadAhead::isWasteful() const noexcept {
    return windowsRead_ > kWastedWindows + 2 * (takenBytes_ / shape_.windowBytes);
}

void ReadAhead::add(const InputFile& file, std::uint64_t index, std::uint64_t bytes) {
    const std::uint64_t begin = index * shape_.windowBytes;
    if (begin >= file.size() || mostBuffers_ == 0 || isWasteful()) return;
    const std::uint64_t length = std::min(shape_.windowBytes, file.size() - begin);
    if (residentPages(file.descriptor(), begin, length) == pagesOf(begin, length)) return;
    startReaders();
    if (readers_.empty()) return;
    if (lastFile_ != &file) {
        lastDirect_ = std::make_shared<DirectFile>(file);
        lastFile_ = &file;
    }
    auto window = std::make_shared<Window>();
    window->file = &file;
    window->index = index;
    window->direct = lastDirect_;
    window->number = announced_++;
    window->expectedBytes = bytes;
    windows_.emplace(Key(&file, index), window);
    waiting_.push_back(std::move(window));
    changed_.notify_all();
}

void ReadAhead::startReaders() {
    try {
        while (readers_.size() < kReaders)
            readers_.emplace_back([this](const std::stop_token& stop) { readWindows(stop); });
    } catch (const std::system_error&) {
        // The system refuses more threads: those that run do the work, and without any everyone reads for himself.
    }
}

bool ReadAhead::take(const InputFile& file, std::uint64_t offset, std::span<std::byte> out) {
    if (shape_.windows == 0) return false;
    while (!out.empty()) {
        const std::uint64_t index = offset / shape_.windowBytes;
        const auto part =
            static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), (index + 1) * shape_.windowBytes - offset));
        if (!copyFrom({&file, index}, offset, out.first(part))) return false;
        out = out.subspan(part);
        offset += part;
    }
    return true;
}

bool ReadAhead::copyFrom(const Key& key, std::uint64_t offset, std::span<std::byte> out) {
    std::unique_lock lock(mutex_);
    const auto found = windows_.find(key);
    if (found == windows_.end()) return false;
    const auto window = found->second;
    awaitRead(lock, window);
    // Not the last look: meanwhile it may have been given up for another one.
    const bool ready = window->state == State::Ready && window->buffer.has_value();
    if (ready) {
        ++window->users;
        takenBytes_ += out.size();
        lock.unlock();
        const auto from = static_cast<std::size_t>(offset - key.second * shape_.windowBytes);
        std::memcpy(out.data(), window->buffer->bytes().data() + from, out.size());
        lock.lock();
        --window->users;
    }
    used(window, out.size());
    return ready;
}

void ReadAhead::awaitRead(std::unique_lock<std::mutex>& lock, const std::shared_ptr<Window>& window) {
    const auto isDone = [&] { return window->state == State::Ready || window->state == State::Failed; };
    if (isDone()) return;
    ++window->waiters;
    changed_.notify_all();
    changed_.wait(lock, isDone);
    --window->waiters;
}

void ReadAhead::used(const std::shared_ptr<Window>& window, std::uint64_t bytes) {
    window->expectedBytes -= std::min(window->expectedBytes, bytes);
    // Idle again: someone who waits may have its buffer.
    if (window->users == 0) changed_.notify_all();
    if (window->expectedBytes != 0 || window->users != 0) return;
    const auto found = windows_.find({window->file, window->index});
    if (found == windows_.end() || found->second != window) return;
    if (window->buffer) free_.push_back(std::move(*window->buffer));
    window->buffer.reset();
    windows_.erase(found);
}

// What someone waits for goes first.
std::shared_ptr<ReadAhead::Window> ReadAhead::nextToRead() {
    if (isWasteful()) failAll();
    if (waiting_.empty()) return nullptr;
    const auto urgent = std::ranges::find_if(waiting_, [](const auto& window) { return window->waiters != 0; });
    const auto next = urgent != waiting_.end() ? urgent : waiting_.begin();
    auto window = *next;
    if (!findBuffer(*window)) return nullptr;
    waiting_.erase(next);
    window->state = State::Reading;
    return window;
}

bool ReadAhead::findBuffer(Window& window) {
    if (free_.empty() && buffers_ < mostBuffers_) grow();
    if (free_.empty() && window.waiters != 0) giveUpLast();
    if (free_.empty()) return false;
    window.buffer = std::move(free_.back());
    free_.pop_back();
    return true;
}

void ReadAhead::grow() {
    try {
        free_.emplace_back(static_cast<std::size_t>(shape_.windowBytes));
        ++buffers_;
    } catch (const std::bad_alloc&) {
        mostBuffers_ = buffers_;
        if (buffers_ == 0) failAll();
    }
}

// Whoever waits may be the one who would take all others: one of them is read again, by its user.
void ReadAhead::giveUpLast() {
    auto last = windows_.end();
    for (auto at = windows_.begin(); at != windows_.end(); ++at) {
        const Window& window = *at->second;
        const bool idle = window.state == State::Ready && window.users == 0 && window.waiters == 0;
        if (idle && (last == windows_.end() || window.number > last->second->number)) last = at;
    }
    if (last == windows_.end()) return;
    free_.push_back(std::move(*last->second->buffer));
    last->second->buffer.reset();
    windows_.erase(last);
}

// Nobody may wait for what will not come.
void ReadAhead::failAll() {
    if (waiting_.empty()) return;
    for (const auto& window : waiting_) window->state = State::Failed;
    waiting_.clear();
    changed_.notify_all();
}

void ReadAhead::readWindows(const std::stop_token& stop) {
    alignas(DirectFile::kAlignment) std::array<std::byte, DirectFile::kAlignment> staging;
    std::unique_lock lock(mutex_);
    while (!stop.stop_requested()) {
        std::shared_ptr<Window> window;
        if (!changed_.wait(lock, stop, [&] { return (window = nextToRead()) != nullptr; })) return;
        lock.unlock();
        const bool good = read(*window, staging);
        lock.lock();
        window->state = good ? State::Ready : State::Failed;
        windowsRead_ += good ? 1 : 0;
        changed_.notify_all();
    }
}

bool ReadAhead::read(Window& window, std::span<std::byte> staging) const {
    const std::uint64_t begin = window.index * shape_.windowBytes;
    const auto length = static_cast<std::size_t>(std::min(shape_.windowBytes, window.file->size() - begin));
    return window.direct->readInto(begin, window.buffer->bytes().first(length), staging).has_value();
}

std::uint64_t ReadAhead::windowsRead() const {
    const std::scoped_lock lock(mutex_);
    return windowsRead_;
}

}  // namespace plimsoll
