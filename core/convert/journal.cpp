// SPDX-License-Identifier: GPL-3.0-or-later
#include "convert/journal.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <random>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>
#include <xxhash.h>
#include <nlohmann/json.hpp>

#include "base/byte_cursor.h"
#include "base/limits.h"
#include "convert/put_bytes.h"
#include "io/file_kind.h"
#include "io/input_file.h"
#include "io/output_sync.h"

namespace plimsoll {

namespace {

constexpr std::string_view kMagic = "PLMSJNL1";
constexpr std::uint32_t kItemEntry = 1;
constexpr std::uint32_t kMarkEntry = 2;
constexpr std::size_t kEntryFrame = 2 * sizeof(std::uint32_t) + sizeof(std::uint64_t);  // kind, bytes, hash

// The place is part of it: an entry of an older journal that a crash left behind the end is none of this one.
std::uint64_t hashAt(std::uint64_t offset, std::span<const std::byte> bytes) {
    return XXH3_64bits_withSeed(bytes.data(), bytes.size(), offset);
}

// `at`: where the entry begins in the file.
void putEntry(std::vector<std::byte>& out, std::uint64_t at, std::uint32_t kind, std::span<const std::byte> payload) {
    const auto begin = out.size();
    put(out, kind);
    put(out, static_cast<std::uint32_t>(payload.size()));
    out.insert(out.end(), payload.begin(), payload.end());
    put(out, hashAt(at, std::span(out).subspan(begin)));
}

std::vector<std::byte> itemPayload(std::uint64_t number, std::span<const PartSummary> parts, bool measuresLoss) {
    std::vector<std::byte> payload;
    put(payload, number);
    for (const auto& part : parts) {
        put(payload, part.crc);
        if (measuresLoss) put(payload, part.loss);
    }
    return payload;
}

nlohmann::json jsonOf(const JournalHeader& header) {
    nlohmann::json json = {{"id", header.id},
                           {"recipe", header.recipe},
                           {"plan", header.plan},
                           {"inode", header.outputInode},
                           {"block_bytes", header.blockBytes},
                           {"loss", header.measuresLoss},
                           {"start", Journal::thisStart()},
                           {"sources", nlohmann::json::array()}};
    for (const auto& source : header.sources) {
        json["sources"].push_back({{"path", source.path},
                                   {"bytes", source.bytes},
                                   {"mtime_ns", source.mtimeNs},
                                   {"inode", source.inode},
                                   {"checksum", source.checksum}});
    }
    return json;
}

struct ParsedHeader {
    JournalHeader header;
    std::string start;
};

std::optional<ParsedHeader> parseHeader(std::string_view text) try {
    const auto json = nlohmann::json::parse(text);
    ParsedHeader parsed;
    auto& header = parsed.header;
    json.at("id").get_to(header.id);
    json.at("recipe").get_to(header.recipe);
    json.at("plan").get_to(header.plan);
    json.at("inode").get_to(header.outputInode);
    json.at("block_bytes").get_to(header.blockBytes);
    json.at("loss").get_to(header.measuresLoss);
    json.at("start").get_to(parsed.start);
    for (const auto& source : json.at("sources")) {
        header.sources.push_back({source.at("path").get<std::string>(), source.at("bytes").get<std::uint64_t>(),
                                  source.at("mtime_ns").get<std::int64_t>(), source.at("inode").get<std::uint64_t>(),
                                  source.at("checksum").get<std::uint64_t>()});
    }
    return parsed;
} catch (const nlohmann::json::exception&) {
    return std::nullopt;
}

Result<Journal::Item> parseItem(std::span<const std::byte> payload, bool hasLoss) {
    ByteCursor cursor(payload);
    Journal::Item item;
    TRY(item.number, cursor.read<std::uint64_t>());
    const auto partBytes = sizeof(std::uint32_t) + (hasLoss ? sizeof(CastLoss) : 0);
    item.parts.resize((payload.size() - sizeof item.number) / partBytes);
    for (auto& part : item.parts) {
        TRY(part.crc, cursor.read<std::uint32_t>());
        if (!hasLoss) continue;
        TRY(const auto loss, cursor.take(sizeof(CastLoss)));
        std::memcpy(&part.loss, loss.data(), sizeof(CastLoss));
    }
    return item;
}

// Entries up to the first that is torn. `durable`: only what a marker covers counts.
Result<void> parseEntries(std::span<const std::byte> bytes, std::uint64_t at, bool durable, Journal::Content& content) {
    std::vector<std::uint64_t> ends;  // of each item's entry
    std::uint64_t trusted = at;
    while (bytes.size() - at >= kEntryFrame) {
        ByteCursor cursor(bytes.subspan(static_cast<std::size_t>(at)), at);
        TRY(const auto kind, cursor.read<std::uint32_t>());
        TRY(const auto payloadBytes, cursor.read<std::uint32_t>());
        const auto payload = cursor.take(payloadBytes);
        if (!payload) break;
        const auto hash = cursor.read<std::uint64_t>();
        if (!hash || *hash != hashAt(at, bytes.subspan(static_cast<std::size_t>(at), 8 + payloadBytes))) break;
        at += kEntryFrame + payloadBytes;
        if (kind == kItemEntry) {
            TRY(auto item, parseItem(*payload, content.header.measuresLoss));
            content.items.push_back(std::move(item));
            ends.push_back(at);
        } else if (kind == kMarkEntry) {
            ByteCursor mark(*payload);
            TRY(trusted, mark.read<std::uint64_t>());
        }
        if (!durable) trusted = at;
    }
    content.end = durable ? trusted : at;
    while (!ends.empty() && ends.back() > content.end) {
        ends.pop_back();
        content.items.pop_back();
    }
    return {};
}

// Those that are there, whatever conversion they are of.
std::vector<std::string> ranksBeside(const std::string& path) {
    namespace fs = std::filesystem;
    std::vector<std::string> found;
    const auto prefix = path.substr(path.rfind('/') + 1) + ".";
    std::error_code error;
    for (fs::directory_iterator at(directoryOf(path), error), end; !error && at != end; at.increment(error)) {
        const auto name = at->path().filename().string();
        const bool isOne = name.starts_with(prefix) && name.size() > prefix.size() &&
                           name.find_first_not_of("0123456789", prefix.size()) == std::string::npos;
        if (isOne) found.push_back(path + name.substr(prefix.size() - 1));
    }
    return found;
}

}  // namespace

std::string Journal::newId() {
    std::random_device random;
    std::string id;
    for (int i = 0; i < 4; ++i) id += fmt::format("{:08x}", random());
    return id;
}

std::string Journal::pathOfRank(const std::string& path, unsigned rank) {
    return rank == 0 ? path : path + "." + std::to_string(rank);
}

std::string Journal::textOf(const JournalHeader& header) {
    return jsonOf(header).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

std::optional<JournalHeader> Journal::headerFrom(std::string_view text) {
    auto parsed = parseHeader(text);
    if (!parsed) return std::nullopt;
    return std::move(parsed->header);
}

std::string Journal::thisStart() {
    const int fd = ::open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    if (fd < 0) return {};
    std::string text(36, '\0');
    const auto got = ::read(fd, text.data(), text.size());
    ::close(fd);
    return got == static_cast<ssize_t>(text.size()) ? text : std::string();
}

bool Journal::exists(const std::string& path) {
    struct stat status {};
    return ::lstat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

void Journal::remove(const std::string& path) noexcept {
    if (exists(path)) ::unlink(path.c_str());
}

void Journal::removeRanks(const std::string& path) {
    for (const auto& rank : ranksBeside(path)) remove(rank);
}

Result<void> Journal::clear(const std::string& path) {
    const bool isNew = !exists(path);
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666);
    if (fd < 0) return fail(ioError(path, errno));
    struct stat status {};
    int error = ::fstat(fd, &status) == 0 ? 0 : errno;
    const bool held = error == 0 && status.st_size != 0;
    if (held) error = ::ftruncate(fd, 0) == 0 ? 0 : errno;
    if (held && error == 0) error = syncFile(fd);
    ::close(fd);
    if (error != 0) return fail(ioError(path, error));
    return isNew ? syncDirectory(directoryOf(path)) : Result<void>();
}

Result<std::optional<Journal::Content>> Journal::read(const std::string& path, const std::string& start) {
    if (!exists(path)) return std::nullopt;
    TRY(const auto file, InputFile::open(path));
    if (file.size() > limits::kJournalBytes)
        return fail(
            Error{Errc::OverLimit, kNoOffset, fmt::format("has {} bytes, which no journal has", file.size()), path});
    std::vector<std::byte> bytes(static_cast<std::size_t>(file.size()));
    TRY_VOID(file.readAt(0, bytes));
    ByteCursor cursor(bytes);
    const auto magic = cursor.take(kMagic.size());
    if (!magic || !std::ranges::equal(*magic, asBytes(kMagic))) return std::nullopt;
    const auto textBytes = cursor.read<std::uint32_t>();
    const auto text =
        textBytes ? cursor.take(*textBytes) : Result<std::span<const std::byte>>(fail(Errc::Truncated, ""));
    const auto hash = text ? cursor.read<std::uint64_t>() : Result<std::uint64_t>(fail(Errc::Truncated, ""));
    if (!hash || *hash != hashAt(0, *text)) return std::nullopt;  // killed while the header was written
    const auto parsed = parseHeader(asText(*text));
    if (!parsed) return std::nullopt;
    Content content;
    content.header = parsed->header;
    const bool sameStart = !start.empty() && start == parsed->start;
    TRY_VOID(parseEntries(bytes, cursor.offset(), !sameStart, content));
    return content;
}

Result<std::optional<Journal::Content>> Journal::readWithRanks(const std::string& path) {
    TRY(auto content, read(path));
    if (!content) return content;
    for (const auto& rank : ranksBeside(path)) {
        // One that cannot be read costs its work, no more.
        const auto more = read(rank);
        if (!more || !*more || (*more)->header.id != content->header.id) continue;
        content->items.insert(content->items.end(), (*more)->items.begin(), (*more)->items.end());
    }
    return content;
}

Result<Journal> Journal::start(const std::string& path, const JournalHeader& header) {
    const int fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) return fail(ioError(path, errno));
    Journal journal(path, fd, 0, header.measuresLoss);
    const auto text = textOf(header);
    const auto magic = asBytes(kMagic);
    std::vector<std::byte> bytes(magic.begin(), magic.end());
    put(bytes, static_cast<std::uint32_t>(text.size()));
    bytes.insert(bytes.end(), asBytes(text).begin(), asBytes(text).end());
    put(bytes, hashAt(0, asBytes(text)));
    TRY_VOID(writeAll(fd, path, 0, bytes));
    journal.end_ = bytes.size();
    return journal;
}

Result<Journal> Journal::replace(const std::string& path, const JournalHeader& header, const std::vector<Item>& items) {
    const auto fresh = path + ".new";
    TRY_VOID(clear(fresh));
    TRY(auto journal, start(fresh, header));
    TRY_VOID(journal.appendDurable(items));
    if (const int error = syncFile(journal.fd_)) return fail(ioError(fresh, error));
    if (::rename(fresh.c_str(), path.c_str()) != 0) return fail(ioError(path, errno));
    journal.path_ = path;
    TRY_VOID(syncDirectory(directoryOf(path)));
    return journal;
}

Journal::Journal(Journal&& other) noexcept
    : path_(std::move(other.path_)),
      fd_(std::exchange(other.fd_, -1)),
      end_(other.end_),
      measuresLoss_(other.measuresLoss_),
      added_(other.added_),
      unsynced_(std::move(other.unsynced_)) {}

Journal::~Journal() {
    if (fd_ >= 0) ::close(fd_);
}

std::uint64_t Journal::added() const {
    const std::lock_guard lock(mutex_);
    return added_;
}

Result<void> Journal::append(std::uint32_t kind, std::span<const std::byte> payload) {
    std::vector<std::byte> entry;
    entry.reserve(kEntryFrame + payload.size());
    putEntry(entry, end_, kind, payload);
    TRY_VOID(writeAll(fd_, path_, end_, entry));
    end_ += entry.size();
    return {};
}

Result<void> Journal::appendDurable(const std::vector<Item>& items) {
    constexpr std::size_t kPiece = limits::MiB;
    std::vector<std::byte> piece;
    for (const auto& item : items) {
        putEntry(piece, end_ + piece.size(), kItemEntry, itemPayload(item.number, item.parts, measuresLoss_));
        if (piece.size() < kPiece) continue;
        TRY_VOID(writeAll(fd_, path_, end_, piece));
        end_ += piece.size();
        piece.clear();
    }
    TRY_VOID(writeAll(fd_, path_, end_, piece));
    end_ += piece.size();
    added_ = items.size();
    std::vector<std::byte> upTo;
    put(upTo, end_);
    return append(kMarkEntry, upTo);
}

Result<void> Journal::add(const WorkItem& item, std::span<const PartSummary> parts) {
    const auto payload = itemPayload(item.number, parts, measuresLoss_);
    const std::lock_guard lock(mutex_);
    TRY_VOID(append(kItemEntry, payload));
    ++added_;
    if (std::ranges::find(unsynced_, item.file) == unsynced_.end()) unsynced_.push_back(item.file);
    return {};
}

Result<void> Journal::mark(const SyncFile& sync) {
    std::vector<std::uint32_t> files;
    std::uint64_t upTo = 0;
    {
        const std::lock_guard lock(mutex_);
        files = std::exchange(unsynced_, {});
        upTo = end_;
    }
    if (files.empty()) return {};
    for (const auto file : files) TRY_VOID(sync(file));
    std::vector<std::byte> payload;
    put(payload, upTo);
    const std::lock_guard lock(mutex_);
    // The marker may reach the disk before the items that it speaks of: then their hashes are wrong and reading ends
    // there.
    return append(kMarkEntry, payload);
}

}  // namespace plimsoll
