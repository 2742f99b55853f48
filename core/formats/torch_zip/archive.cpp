// SPDX-License-Identifier: GPL-3.0-or-later
#include "formats/torch_zip/archive.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <optional>
#include <system_error>

#include <fmt/format.h>

#include "base/limits.h"
#include "checkpoint/words.h"
#include "zip/crc32.h"
#include "zip/zip_records.h"

namespace plimsoll {

namespace {

constexpr std::size_t kShownWarnings = 20;
constexpr std::uint16_t kStored = 0;
constexpr std::uint16_t kDeflated = 8;
constexpr std::string_view kPickleName = "data.pkl";

std::string holds(const ZipReader& zip) {
    if (zip.entries().empty()) return "nothing";
    constexpr std::size_t kShown = 5;
    std::string text;
    for (const auto& entry : zip.entries().first(std::min(kShown, zip.entries().size()))) {
        if (!text.empty()) text += ", ";
        text += inQuotes(entry.name);
    }
    if (zip.entries().size() > kShown) text += fmt::format(" and {} more", zip.entries().size() - kShown);
    return text;
}

// What other programs keep in zip archives, told by a member that only they write.
std::string_view archiveWord(const ZipReader& zip) {
    struct Word {
        std::string_view end;  // of a member's name
        std::string_view what;
    };
    static constexpr std::array kWords = {
        Word{".data/extern_modules", "a torch.package archive, which holds code"},
        Word{"/models/model.json", "a torch.export archive (.pt2)"},
        Word{"serialized_exported_program.json", "a torch.export archive (.pt2)"},
        Word{"MAR-INF/MANIFEST.json", "a TorchServe archive (.mar), which holds its checkpoint as a member"},
        Word{"model.weights.h5", "a Keras model"},
        Word{"AndroidManifest.xml", "an Android program"},
        Word{"[Content_Types].xml", "an office document"},
    };
    for (const auto& entry : zip.entries())
        for (const auto& word : kWords)
            if (entry.name.ends_with(word.end)) return word.what;
    return "a zip archive";
}

// The number that a key is in decimal, where writing it back gives the same key.
std::optional<std::uint32_t> decimalKey(std::string_view key) {
    constexpr std::size_t kDigits = 7;
    if (key.empty() || key.size() > kDigits || (key.size() > 1 && key[0] == '0')) return std::nullopt;
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), number);
    if (error != std::errc() || end != key.data() + key.size()) return std::nullopt;
    return number;
}

// By a thread of its own where that is worth one.
std::shared_future<bool> sumMeanwhile(const std::function<bool()>& sum, std::uint64_t bytes) {
    if (bytes >= limits::MiB) {
        try {
            return std::async(std::launch::async, sum);
        } catch (const std::system_error&) {
            // The system refuses more threads: who asks sums.
        }
    }
    return std::async(std::launch::deferred, sum);
}

}  // namespace

Result<TorchArchive> TorchArchive::open(const ZipReader& zip) {
    std::optional<std::string_view> root;
    for (const auto& entry : zip.entries()) {
        if (!entry.name.ends_with(kPickleName)) continue;
        const auto before = entry.name.substr(0, entry.name.size() - kPickleName.size());
        // One directory deep, as torch writes it; "a/b/data.pkl" belongs to something else.
        if (before.empty() || before.back() != '/' || before.find('/') != before.size() - 1) continue;
        if (root) {
            return fail(Errc::Corrupt,
                        fmt::format("a zip archive with two checkpoints, {} and {} (expected one)",
                                    inQuotes(std::string(*root) + "data.pkl"), inQuotes(entry.name)),
                        entry.headerOffset);
        }
        root = before;
    }
    if (!root) {
        return fail(Errc::Unsupported,
                    fmt::format("{}, but no PyTorch checkpoint: it holds {} (expected a directory with "
                                "data.pkl)",
                                archiveWord(zip), holds(zip)));
    }
    return TorchArchive(zip, std::string(*root));
}

const ZipEntry* TorchArchive::find(std::string_view name) const {
    return zip_->find(root_ + std::string(name));
}

bool TorchArchive::isStorage(const ZipEntry& entry) const {
    if (isStorage_[indexOf(entry)]) return true;
    const std::string_view name = entry.name;
    return name.starts_with(root_) && name.substr(root_.size()).starts_with("data/") &&
           decimalKey(name.substr(root_.size() + 5)).has_value();
}

Result<Record> readRecord(const ZipReader& zip, const ZipEntry& entry) {
    Record record;
    TRY(record.fileOffset, zip.dataOffset(entry));
    if (entry.method == kStored) {
        // A stored record costs no memory, whatever its size.
        TRY(record.bytes, zip.storedData(entry));
        record.crcMatches =
            sumMeanwhile([bytes = record.bytes, expected = entry.crc32,
                          summed = zip.hasChecksums()] { return !summed || crc32(0, bytes) == expected; },
                         record.bytes.size());
        return record;
    }
    TRY(auto content, zip.content(entry, limits::kInflatedMemberBytes));
    const bool matches = !zip.hasChecksums() || content.crc32 == entry.crc32;
    record.crcMatches = std::async(std::launch::deferred, [matches] { return matches; });
    record.bytes = content.bytes;
    if (!content.inflated.empty()) {
        // Moving the vector keeps its bytes where they are.
        auto owner = std::make_shared<const std::vector<std::byte>>(std::move(content.inflated));
        record.bytes = *owner;
        record.region = std::move(owner);
    }
    return record;
}

ArchiveStorages::ArchiveStorages(FileBeingRead& file, TorchArchive& archive, bool bigEndian, std::string_view directory)
    : file_(file),
      archive_(archive),
      bigEndian_(bigEndian),
      checkHeadersNow_(file.part || file.bytes().size() <= kCheckHeadersBytes),
      releaser_(file.mapping()),
      recordName_(std::string(archive.root()) + std::string(directory)),
      prefixBytes_(recordName_.size()) {
    TensorTable& table = file.checkpoint.tensors;
    // A record is a tensor, nearly always. Shards of a set grow the table as they come.
    if (table.empty()) table.reserve(archive.zip().entries().size());
}

void ArchiveStorages::warn(const std::string& text) {
    if (++warnings_ <= kShownWarnings) file_.warn(text);
}

void ArchiveStorages::summarizeWarnings() {
    if (warnings_ > kShownWarnings) file_.warn(fmt::format("{} more storages like these", warnings_ - kShownWarnings));
}

StorageId* ArchiveStorages::slot(std::string_view key) {
    const auto number = decimalKey(key);
    // No larger than the directory justifies: numbers beyond its size are looked up as text.
    if (!number || *number >= 2 * archive_.zip().entries().size()) return &byText_[key];
    if (*number >= byNumber_.size()) byNumber_.resize(std::max<std::size_t>(*number + 1, 2 * byNumber_.size()));
    return &byNumber_[*number];
}

Result<StorageId> ArchiveStorages::find(const StorageRequest& request) {
    TensorTable& table = file_.checkpoint.tensors;
    StorageId* const known = slot(request.key);
    if (known->valid()) {
        const Storage& first = table.storage(*known);
        if (first.dtype == request.dtype && first.bytes == request.bytes) return *known;
        // The same record seen as another type: a storage of its own over the same bytes.
        if (first.bytes != request.bytes && first.encoding != StorageEncoding::Absent)
            warn(fmt::format("storage {} is named with {} and with {} bytes", inQuotes(request.key), first.bytes,
                             request.bytes));
        Storage other;
        TRY_VOID(describe(request, other));
        return table.addStorage(other);
    }
    Storage storage;
    TRY_VOID(describe(request, storage));
    *known = table.addStorage(storage);
    return *known;
}

std::string_view ArchiveStorages::recordName(std::string_view key) {
    recordName_.resize(prefixBytes_);
    return recordName_ += key;
}

// Looks at the expected place first: a look-up by name in a directory of 100,000 records misses the cache each time.
const ZipEntry* ArchiveStorages::recordOf(std::string_view key) {
    const auto entries = archive_.zip().entries();
    // Names lie apart in the directory: each would be waited for.
    constexpr std::size_t kAhead = 8;
    if (nextEntry_ + kAhead < entries.size()) __builtin_prefetch(entries[nextEntry_ + kAhead].name.data());
    if (nextEntry_ < entries.size()) {
        const auto name = entries[nextEntry_].name;
        const auto prefix = std::string_view(recordName_).substr(0, prefixBytes_);
        if (name.size() == prefixBytes_ + key.size() && name.ends_with(key) && name.starts_with(prefix))
            return &entries[nextEntry_++];
    }
    const ZipEntry* const entry = archive_.zip().find(recordName(key));
    if (entry != nullptr) nextEntry_ = static_cast<std::size_t>(entry - entries.data()) + 1;
    return entry;
}

Result<void> ArchiveStorages::describe(const StorageRequest& request, Storage& storage) {
    releaser_.step();
    storage.file = file_.file;
    storage.bytes = request.bytes;
    storage.storedBytes = request.bytes;
    storage.dtype = request.dtype;
    storage.bigEndian = bigEndian_;
    storage.key = request.key;
    storage.location = request.location;
    const ZipEntry* const entry = recordOf(request.key);
    // Says which of the two it is; the bytes are not looked at.
    if (entry != nullptr && (entry->symbolicLink || (entry->flags & zip_records::kFlagsUnreadable) != 0))
        TRY_VOID(archive_.zip().storedData(*entry));
    if (entry == nullptr || entry->bytes < request.bytes) {
        if (entry != nullptr) archive_.markStorage(*entry);
        storage.encoding = StorageEncoding::Absent;
        // torch writes no record for storages on the meta device; an empty one needs none.
        if (request.bytes > 0) {
            warn(entry == nullptr
                     ? fmt::format("record {} is missing: its tensors have no bytes", inQuotes(recordName(request.key)))
                     : fmt::format("record {} has {} bytes, its tensors need {}", inQuotes(entry->name), entry->bytes,
                                   request.bytes));
        }
        return {};
    }
    archive_.markStorage(*entry);
    return place(storage, *entry);
}

Result<void> ArchiveStorages::place(Storage& storage, const ZipEntry& entry) const {
    if (entry.method != kStored && entry.method != kDeflated) {
        return fail(Errc::Unsupported,
                    fmt::format("record {} is compressed with method {} (expected 0, stored, or 8, deflated)",
                                inQuotes(entry.name), entry.method),
                    entry.headerOffset);
    }
    if (entry.method == kDeflated) {
        storage.encoding = StorageEncoding::Deflated;
        storage.storedBytes = entry.storedBytes;
    }
    if (entry.provenDataOffset && !checkHeadersNow_) {
        storage.offset = *entry.provenDataOffset;
        storage.headerOffset = entry.headerOffset;
        return {};
    }
    TRY(storage.offset, archive_.zip().dataOffset(entry));
    return {};
}

}  // namespace plimsoll
