// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <future>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "formats/reader.h"
#include "formats/torch_pickle/torch_resolver.h"
#include "io/page_release.h"
#include "zip/zip_reader.h"

namespace plimsoll {

// The records of one torch archive: which directory they are in, and which of them hold storages.
class TorchArchive {
public:
    // Finds the one directory that holds data.pkl.
    //   errors  Unsupported where there is none (says what the archive holds), Corrupt for more than one
    [[nodiscard]] static Result<TorchArchive> open(const ZipReader& zip);

    // The record ROOT/name; nullptr where absent.
    [[nodiscard]] const ZipEntry* find(std::string_view name) const;
    [[nodiscard]] const ZipReader& zip() const noexcept { return *zip_; }
    [[nodiscard]] std::string_view root() const noexcept { return root_; }  // with its '/', or empty

    // Records that hold storages (by use, or by a name such as data/7) are data, whatever their bytes look like; every
    // other record may be a pickle.
    void markStorage(const ZipEntry& entry) { isStorage_[indexOf(entry)] = true; }
    [[nodiscard]] bool isStorage(const ZipEntry& entry) const;
    [[nodiscard]] bool isUsed(const ZipEntry& entry) const { return isStorage_[indexOf(entry)]; }

private:
    TorchArchive(const ZipReader& zip, std::string root)
        : zip_(&zip), root_(std::move(root)), isStorage_(zip.entries().size()) {}
    [[nodiscard]] std::size_t indexOf(const ZipEntry& entry) const {
        return static_cast<std::size_t>(&entry - zip_->entries().data());
    }

    const ZipReader* zip_;
    std::string root_;
    std::vector<bool> isStorage_;
};

// A record that is parsed whole: the mapping's bytes, or inflated ones. For error offsets, `fileOffset` is where it
// starts in the file (for an inflated record: where its deflated bytes start).
struct Record {
    std::span<const std::byte> bytes;
    std::uint64_t fileOffset = 0;
    std::shared_ptr<const void> region;   // owns inflated bytes, else null
    std::shared_future<bool> crcMatches;  // summed meanwhile where the record is large, else when it is asked for
};
[[nodiscard]] Result<Record> readRecord(const ZipReader& zip, const ZipEntry& entry);

// Storages of a torch archive: ROOT/data/KEY, or in another directory. A record that is missing or too short gives a
// storage without bytes and a warning, so that the rest can be used.
class ArchiveStorages final : public StorageSource {
public:
    ArchiveStorages(FileBeingRead& file, TorchArchive& archive, bool bigEndian, std::string_view directory = "data/");
    [[nodiscard]] Result<StorageId> find(const StorageRequest& request) override;
    // Once all storages were asked for: says how many warnings were left out.
    void summarizeWarnings();

private:
    void warn(const std::string& text);
    [[nodiscard]] Result<void> describe(const StorageRequest& request, Storage& storage);
    [[nodiscard]] Result<void> place(Storage& storage, const ZipEntry& entry) const;
    [[nodiscard]] StorageId* slot(std::string_view key);
    [[nodiscard]] const ZipEntry* recordOf(std::string_view key);
    [[nodiscard]] std::string_view recordName(std::string_view key);  // valid until the next call

    FileBeingRead& file_;
    TorchArchive& archive_;
    bool bigEndian_;
    bool checkHeadersNow_;
    PageReleaser releaser_;
    std::size_t warnings_ = 0;
    std::size_t nextEntry_ = 0;        // the record after the last one: torch writes records in the order of its pickle
    std::string recordName_;           // ROOT/data/, and the key while looking one up
    std::size_t prefixBytes_;          // of recordName_
    std::vector<StorageId> byNumber_;  // keys "0", "1", ...: what torch writes
    std::unordered_map<std::string_view, StorageId> byText_;  // any other key
};

}  // namespace plimsoll
