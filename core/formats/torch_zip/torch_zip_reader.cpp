// SPDX-License-Identifier: GPL-3.0-or-later
#include "formats/torch_zip/torch_zip_reader.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "base/byte_cursor.h"
#include "checkpoint/words.h"
#include "formats/torch_pickle/tensor_names.h"
#include "formats/torch_pickle/torch_resolver.h"
#include "formats/torch_zip/archive.h"
#include "formats/zip_checksums.h"
#include "io/page_release.h"
#include "pickle/global_merger.h"
#include "pickle/machine.h"
#include "pickle/scanner.h"
#include "zip/zip_reader.h"

namespace plimsoll {

namespace {

// torch writes versions 1 to 10 and reads no others.
constexpr int kLastVersion = 10;

// Text records are a few bytes; this much is read of one that is not.
constexpr std::size_t kTextBytes = 64;

bool hasPickleSuffix(std::string_view name) {
    constexpr std::array<std::string_view, 3> kSuffixes = {".pkl", ".pickle", ".p"};
    std::string lower(name);
    std::ranges::transform(lower, lower.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return std::ranges::any_of(kSuffixes, [&](std::string_view suffix) { return lower.ends_with(suffix); });
}

bool startsLikePickle(std::span<const std::byte> bytes) {
    return bytes.size() > 1 && bytes[0] == std::byte{0x80} && bytes[1] <= std::byte{5};
}

// Every pickle of a region, one after the other: what is behind a STOP may be loaded too.
// Says where it breaks.
std::optional<Error> scanAllPickles(const FileBeingRead& file, GlobalMerger& globals, std::span<const std::byte> bytes,
                                    std::uint64_t fileOffset) {
    while (!bytes.empty()) {
        const auto scan = scanPickle(bytes, fileOffset, file.stop);
        globals.add(scan.globals);
        if (scan.broken || scan.endOffset <= fileOffset) return scan.broken;
        bytes = bytes.subspan(static_cast<std::size_t>(scan.endOffset - fileOffset));
        fileOffset = scan.endOffset;
    }
    return std::nullopt;
}

// Records that no tensor lives in are looked through for pickles: a loader may open them.
//   isRead  tells the records that are left out
template <class IsRead>
void scanOtherRecords(FileBeingRead& file, const ZipReader& zip, IsRead isRead) {
    GlobalMerger globals(file.checkpoint.globals);
    for (const auto& entry : zip.entries()) {
        if (file.rest != nullptr) {
            isRead(entry) ? file.rest->around(file, zip, entry) : file.rest->member(file, zip, entry);
            continue;
        }
        if (isRead(entry)) continue;
        if (entry.bytes == 0) continue;
        const bool named = hasPickleSuffix(entry.name);
        if (!named) {
            const auto stored = zip.storedData(entry);
            if (!stored || (entry.method == 0 && !startsLikePickle(*stored))) continue;
        }
        const auto record = readRecord(zip, entry);
        if (!record) continue;  // not data.pkl, so the checkpoint can do without it
        const auto broken = scanAllPickles(file, globals, record->bytes, record->fileOffset);
        if (broken && entry.name.ends_with(".pkl"))
            file.warn(fmt::format("record {}: at byte {}: {}", inQuotes(entry.name), broken->offset, broken->what));
    }
    if (file.rest != nullptr) file.rest->directory(file, zip);
}

std::optional<std::string> textRecord(const TorchArchive& archive, std::string_view name) {
    const ZipEntry* entry = archive.find(name);
    if (entry == nullptr || entry->bytes > kTextBytes) return std::nullopt;
    const auto bytes = archive.zip().read(*entry, kTextBytes);
    if (!bytes) return std::nullopt;
    return std::string(asText(*bytes));
}

void checkVersion(FileBeingRead& file, const TorchArchive& archive) {
    auto text = textRecord(archive, ".data/version");
    if (!text) text = textRecord(archive, "version");
    if (!text) return file.warn("record 'version' is missing: torch refuses to load the file");
    while (!text->empty() && (text->back() == '\n' || text->back() == ' ')) text->pop_back();
    int version = 0;
    const char* const end = text->data() + text->size();
    const auto [stop, error] = std::from_chars(text->data(), end, version);
    if (error != std::errc() || stop != end || version < 1 || version > kLastVersion)
        file.warn(fmt::format("record 'version' says {} (expected 1 to {})", inQuotes(*text), kLastVersion));
}

Result<bool> isBigEndian(FileBeingRead& file, const TorchArchive& archive) {
    if (archive.find("byteorder") == nullptr) return false;  // before torch 2.1: always little in practice
    const auto text = textRecord(archive, "byteorder").value_or(std::string());
    if (text == "little" || text == "big") return text == "big";
    file.warn(fmt::format("record 'byteorder' says {} (expected 'little' or 'big')", inQuotes(text)));
    return false;
}

// Two top-level directories with records of one kind cannot both belong to this checkpoint.
Result<void> checkOneRoot(const TorchArchive& archive) {
    for (const auto& entry : archive.zip().entries()) {
        if (entry.name.starts_with(archive.root())) continue;
        const auto slash = entry.name.find('/');
        if (slash == std::string_view::npos) continue;
        const auto inside = entry.name.substr(slash + 1);
        if (inside.starts_with("data/") && inside.size() > 5) {
            return fail(Errc::Corrupt,
                        fmt::format("record {} lies outside the directory of data.pkl, {}", inQuotes(entry.name),
                                    inQuotes(archive.root())),
                        entry.headerOffset);
        }
    }
    return {};
}

Result<void> readPickle(FileBeingRead& file, TorchArchive& archive) {
    const ZipEntry* const entry = archive.find("data.pkl");
    TRY(const auto record, readRecord(archive.zip(), *entry));
    releasePages(file.mapping());
    if (record.region) file.keepAlive(record.region);
    const auto scan = scanPickle(record.bytes, record.fileOffset, file.stop);
    if (!record.crcMatches.get()) file.warn("record 'data.pkl' does not match its CRC-32");
    releasePages(file.mapping());
    mergeGlobals(file.checkpoint.globals, scan.globals);
    const auto inPickle = static_cast<std::size_t>(scan.endOffset - record.fileOffset);
    if (!scan.broken && inPickle < record.bytes.size()) {
        GlobalMerger globals(file.checkpoint.globals);
        scanAllPickles(file, globals, record.bytes.subspan(inPickle), scan.endOffset);
        file.warn(fmt::format("record 'data.pkl' goes on for {} bytes after its end", record.bytes.size() - inPickle));
    }
    TRY(const bool bigEndian, isBigEndian(file, archive));
    const std::size_t firstTensor = file.checkpoint.tensors.size();
    ArchiveStorages storages(file, archive, bigEndian);
    TorchResolver resolver(TorchResolver::Container::Zip, file.checkpoint.tensors, storages);
    const PickleSource source{record.bytes, record.fileOffset, file.stop, entry->storedBytes};
    TRY(const auto root, runPickle(file.values, source, scan, resolver));
    file.values.setRoot(root.value);
    if (!root.oddity.empty()) file.warn(fmt::format("record 'data.pkl': {}", root.oddity));
    storages.summarizeWarnings();
    return nameTensors(file, firstTensor, record.fileOffset);
}

// TorchScript's constants are a tuple. Their tensors are not listed, but looked for like those of data.pkl.
Result<void> readConstants(FileBeingRead& file, TorchArchive archive) {
    const ZipEntry* const entry = archive.find("constants.pkl");
    if (entry == nullptr) return {};
    TRY(const auto record, readRecord(archive.zip(), *entry));
    if (record.bytes.empty()) return fail(Errc::Truncated, "it is empty", record.fileOffset);
    const auto scan = scanPickle(record.bytes, record.fileOffset, file.stop);
    if (scan.broken) return {};  // told where it is looked through for names
    TensorTable& table = file.checkpoint.tensors;
    const auto mark = table.mark();
    ValueTree tree;
    ArchiveStorages storages(file, archive, false, "constants/");
    TorchResolver resolver(TorchResolver::Container::Zip, table, storages);
    auto root = runPickle(tree, {record.bytes, record.fileOffset, file.stop, entry->storedBytes}, scan, resolver);
    table.rollBack(mark);
    TRY_VOID(root);
    if (root->value.kind != ValueKind::Tuple)
        return fail(Errc::Corrupt, fmt::format("it is {} (expected a tuple)", repr(tree, root->value)));
    const std::uint64_t end = record.fileOffset + record.bytes.size();
    if (scan.endOffset < end)
        return fail(Errc::Corrupt, fmt::format("{} bytes follow the pickle", end - scan.endOffset), scan.endOffset);
    return {};
}

}  // namespace

bool looksLikeTorchZip(std::span<const std::byte> bytes) noexcept {
    // torch itself goes by the first four bytes; what only ends like a zip archive is loaded as a pickle.
    constexpr std::string_view kLocalHeader = "PK\x03\x04";
    constexpr std::string_view kEmptyArchive = "PK\x05\x06";
    const auto head = asText(bytes.first(std::min<std::size_t>(bytes.size(), 4)));
    return head == kLocalHeader || head == kEmptyArchive;
}

Result<Format> readTorchZip(FileBeingRead& file) {
    TRY(const auto zip, ZipReader::open(file.bytes()));
    auto archive = TorchArchive::open(zip);
    if (!archive) {
        scanOtherRecords(file, zip, [](const ZipEntry&) { return false; });
        return fail(std::move(archive.error()));
    }
    // Early, because it looks at every name, and told late.
    auto oneRoot = checkOneRoot(*archive);
    releasePages(file.mapping());
    auto read = readPickle(file, *archive);
    // Also where it failed: what the other pickles want is known all the same.
    scanOtherRecords(file, zip, [&](const ZipEntry& entry) {
        // Numbered records that no tensor uses are left to a thorough scan.
        return archive->isUsed(entry) || (file.rest == nullptr && archive->isStorage(entry)) ||
               entry.name == archive->find("data.pkl")->name;
    });
    TRY_VOID(read);
    TRY_VOID(oneRoot);
    checkVersion(file, *archive);
    warnOfChecksums(file, zip, archive->find("data.pkl"));
    if (const auto constants = readConstants(file, *archive); !constants) {
        if (constants.error().code == Errc::Cancelled) return fail(constants.error());
        file.warn(describe(constants.error(), "record 'constants.pkl'"));
    }
    return archive->find("constants.pkl") != nullptr ? Format::TorchScript : Format::TorchZip;
}

}  // namespace plimsoll
