// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/remote_file.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "base/checked.h"
#include "io/address.h"

namespace plimsoll {

namespace {

// Enough for the headers of most checkpoints, and for the whole of most indexes.
constexpr std::size_t kHeadBytes = std::size_t{256} * 1024;

constexpr std::size_t kSmallBytes = std::size_t{64} * 1024;

// Of one request: a thread that stops waits for no more than this, and what a broken connection costs is bounded.
constexpr std::size_t kRequestBytes = 8U << 20U;

// False where stopped meanwhile.
bool pause(std::chrono::milliseconds time, const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    never.wait_for(lock, stop, time, [] { return false; });
    return !stop.stop_requested();
}

}  // namespace

RemoteFile::RemoteFile(const std::string& address, const ReadOptions& options)
    : address_(address), shown_(withoutCredentials(address)), options_(options.http), current_(address) {}

Result<RemoteFile::Opened> RemoteFile::open(const std::string& address, const ReadOptions& options) {
    std::shared_ptr<RemoteFile> file(new RemoteFile(address, options));
    TRY(auto head, file->readHead(options.stop));
    return Opened{std::move(file), std::move(head)};
}

Result<std::vector<std::byte>> RemoteFile::readHead(const std::stop_token& stop) {
    std::vector<std::byte> head(kHeadBytes);
    TRY(const auto answer, fetch(0, head, stop));
    size_ = answer.totalBytes;
    entityTag_ = answer.entityTag;
    lastModified_ = answer.lastModified;
    // A weak tag may stay when bytes change, so a server does not take it as a condition; it is compared all the same.
    ifRange_ = entityTag_.starts_with('"') ? entityTag_ : lastModified_;
    isOpen_ = true;
    head.resize(static_cast<std::size_t>(std::min<std::uint64_t>(size_, kHeadBytes)));
    return head;
}

Result<void> RemoteFile::readAt(std::uint64_t offset, std::span<std::byte> out, const std::stop_token& stop) const {
    if (out.size() <= kSmallBytes) return readSmall(offset, out, stop);
    while (!out.empty()) {
        const auto part = out.first(std::min(out.size(), kRequestBytes));
        TRY_VOID(fetch(offset, part, stop));
        offset += part.size();
        out = out.subspan(part.size());
    }
    return {};
}

Result<void> RemoteFile::readSmall(std::uint64_t offset, std::span<std::byte> out, const std::stop_token& stop) const {
    std::shared_ptr<const Block> block;
    {
        const std::lock_guard lock(mutex_);
        block = block_;
    }
    if (!block || offset < block->begin || !fitsWithin(offset - block->begin, out.size(), block->bytes.size())) {
        auto fresh = std::make_shared<Block>();
        fresh->begin = offset;
        fresh->bytes.resize(static_cast<std::size_t>(std::min<std::uint64_t>(kHeadBytes, size_ - offset)));
        TRY_VOID(fetch(offset, fresh->bytes, stop));
        block = fresh;
        const std::lock_guard lock(mutex_);
        block_ = std::move(fresh);
    }
    std::memcpy(out.data(), block->bytes.data() + (offset - block->begin), out.size());
    return {};
}

// All of `out`, or up to the end of a file that is being opened; the last answer.
Result<RangeAnswer> RemoteFile::fetch(std::uint64_t offset, std::span<std::byte> out,
                                      const std::stop_token& stop) const {
    auto wait = options_.backoff;
    for (int attempt = 1;;) {
        RangeAnswer answer = requestRange({current(), offset, out, ifRange_}, options_, stop);
        if (answer.status == 206 || !answer.error) TRY_VOID(compare(answer));
        offset += answer.received;
        out = out.subspan(answer.received);
        if (!answer.error) {
            remember(answer);
            if (out.empty() || offset >= answer.totalBytes) return answer;
            continue;
        }
        if (startAnew(answer)) continue;
        const bool neverThere = !isOpen_ && !answer.reached;
        if (!answer.mayPass || neverThere || attempt >= options_.attempts)
            return failed(std::move(*answer.error), attempt);
        if (!pause(wait, stop)) return failed(Error{Errc::Cancelled, kNoOffset, "cancelled", {}}, 1);
        wait *= 2;
        ++attempt;
    }
}

Result<void> RemoteFile::compare(const RangeAnswer& answer) const {
    const bool same = !isOpen_ || (answer.totalBytes == size_ && answer.entityTag == entityTag_ &&
                                   answer.lastModified == lastModified_);
    return same ? Result<void>()
                : failed(Error{Errc::Corrupt, kNoOffset, "the file on the server changed since it was opened", {}}, 1);
}

// Addresses that redirects lead to may be made for the moment; the one that was asked for gives a fresh one.
bool RemoteFile::startAnew(const RangeAnswer& answer) const {
    if (answer.status < 400 || answer.mayPass) return false;
    const std::lock_guard lock(mutex_);
    if (current_ == address_) return false;
    current_ = address_;
    return true;
}

void RemoteFile::remember(const RangeAnswer& answer) const {
    // An address without its user and password would be refused.
    if (answer.finalAddress.empty() || address_.find('@') != std::string::npos) return;
    const std::lock_guard lock(mutex_);
    current_ = answer.finalAddress;
}

std::string RemoteFile::current() const {
    const std::lock_guard lock(mutex_);
    return current_;
}

tl::unexpected<Error> RemoteFile::failed(Error error, int attempts) const {
    error.path = shown_;
    if (attempts > 1) error.what += fmt::format(" ({} attempts)", attempts);
    return fail(std::move(error));
}

}  // namespace plimsoll
