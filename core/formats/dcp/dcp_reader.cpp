// SPDX-License-Identifier: GPL-3.0-or-later
#include "formats/dcp/dcp_reader.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "checkpoint/words.h"
#include "formats/dcp/dcp_globals.h"
#include "formats/dcp/dcp_metadata.h"
#include "formats/dcp/nested_values.h"
#include "formats/name_list.h"
#include "formats/torch_pickle/plain_pickle.h"

namespace plimsoll {

namespace {

// Damaged items that are told one by one.
constexpr std::size_t kShownWarnings = 20;

// A tensor that was read out of its part of a file: what of its row and storage matters.
struct Blob {
    Storage storage;
    DType dtype = DType::F32;
    std::vector<std::uint64_t> shape;
    std::vector<std::int64_t> strideElems;
    std::uint64_t originElems = 0;
};

class DcpReader {
public:
    DcpReader(FileBeingRead& file, const DcpMetadata& metadata, const ValueTree& metadataTree, std::string directory)
        : file_(file),
          table_(file.checkpoint.tensors),
          metadata_(metadata),
          metadataTree_(metadataTree),
          directory_(std::move(directory)),
          blobTree_(std::make_shared<ValueTree>()) {}

    Result<Format> read() {
        // Keys of storages may point to texts of it.
        file_.keepAlive(blobTree_);
        for (std::size_t i = 0; i < metadata_.size(); ++i) {
            if (file_.stop.stop_requested()) return cancelled();
            TRY(const auto item, metadata_.item(i));
            auto value = item.isTensor ? readTensor(item) : readObject(item);
            if (!value) {
                if (value.error().code == Errc::Cancelled) return fail(std::move(value.error()));
                value = withoutBytes(item, std::move(value.error()));
            } else {
                ++readable_;
            }
            TRY(const auto leaf, std::move(value));
            if (leaf) nested_.add(metadataTree_, metadata_.path(item.name), item.name, *leaf);
        }
        if (readable_ == 0 && firstError_) return fail(std::move(*firstError_));
        file_.values.setRoot(nested_.build(file_.values));
        warnOfFiles();
        lookAtRest();
        if (damaged_ > kShownWarnings) file_.warn(fmt::format("{} more items like these", damaged_ - kShownWarnings));
        for (const auto& source : file_.checkpoint.files)
            if (source.mapping)
                if (const auto fault = source.mapping->fault(); !fault) return fail(fault.error());
        return Format::TorchDcp;
    }

private:
    struct OpenFile {
        FileId id;
        std::optional<Error> broken;
        NameList lost;                                              // items that are missing with it
        std::vector<std::pair<std::uint64_t, std::uint64_t>> read;  // offset and bytes of each part
    };

    OpenFile& openFile(std::string_view name) {
        const auto [entry, isNew] = files_.try_emplace(std::string(name));
        OpenFile& result = entry->second;
        if (!isNew) return result;
        auto& files = file_.checkpoint.files;
        const std::string path = (std::filesystem::path(directory_) / std::string(name)).string();
        auto mapping = MappedFile::open(path, file_.read);
        result.id = FileId(static_cast<std::uint32_t>(files.size()));
        if (mapping) {
            file_.note((*mapping)->note());
            files.push_back({path, std::string(name), (*mapping)->size(), std::move(*mapping)});
        } else {
            result.broken = std::move(mapping.error());
            files.push_back({path, std::string(name), 0, nullptr});
        }
        return result;
    }

    // The place of an item or chunk, its file open. Sets lostWith_ where the file is broken.
    Result<std::pair<const DcpPlace*, FileId>> locate(std::string_view name, std::span<const std::uint64_t> start) {
        const DcpPlace* const place = metadata_.place(name, start);
        if (place == nullptr) {
            return fail(Errc::Corrupt, start.empty() ? std::string("the metadata does not say where it lies")
                                                     : fmt::format("the metadata does not say where its chunk at [{}] "
                                                                   "lies",
                                                                   fmt::join(start, ", ")));
        }
        OpenFile& open = openFile(place->path);
        if (open.broken) {
            open.lost.add(name);
            lostWith_ = &open;
            return fail(*open.broken);
        }
        if (!place->transforms.empty()) {
            return fail(Errc::Unsupported, fmt::format("its bytes were transformed by {} when they were written, which "
                                                       "is not supported",
                                                       inQuotes(place->transforms)));
        }
        return std::pair(place, open.id);
    }

    Result<Blob> readBlob(const DcpItem& item, const DcpItem::Chunk& chunk) {
        TRY(const auto located, locate(item.name, chunk.start));
        const auto& [place, id] = located;
        // A hostile list names one chunk as often as it likes.
        if (place == lastPlace_ && lastBlob_.dtype == item.dtype && lastBlob_.shape == chunk.shape) return lastBlob_;
        const auto mark = table_.mark();
        FileBeingRead part{file_.checkpoint, *blobTree_, id, file_.stop, prefix(item, *place), file_.read, file_.rest};
        auto format = readPart(part, place->offset, place->bytes);
        auto blob = format ? onlyTensor(mark) : Result<Blob>(fail(std::move(format.error())));
        table_.rollBack(mark);
        if (!blob) return inFile(std::move(blob.error()), *place);
        hasRead(*place);
        if (blob->dtype != item.dtype || blob->shape != chunk.shape) {
            return inFile(
                {Errc::Corrupt,
                 place->offset,
                 fmt::format("a tensor of {} [{}] (expected {} [{}])", torchName(blob->dtype),
                             fmt::join(blob->shape, ", "), torchName(item.dtype), fmt::join(chunk.shape, ", ")),
                 {}},
                *place);
        }
        lastPlace_ = place;
        lastBlob_ = *blob;
        return blob;
    }

    Result<Blob> onlyTensor(const TensorTable::Mark& mark) const {
        if (table_.size() != mark.tensors + 1)
            return fail(Errc::Corrupt, fmt::format("holds {} tensors (expected one)", table_.size() - mark.tensors));
        const TensorId id(static_cast<std::uint32_t>(mark.tensors));
        if (!table_.name(id).empty())
            return fail(Errc::Corrupt,
                        fmt::format("holds a tensor under the key {} (expected it bare)", inQuotes(table_.name(id))));
        const Storage& storage = table_.storage(id);
        if (storage.encoding == StorageEncoding::Absent && table_.nbytes(id) > 0)
            return fail(Errc::Corrupt, "holds a tensor without bytes");
        const auto shape = table_.shape(id);
        const auto stride = table_.stride(id);
        return Blob{storage,
                    table_.dtype(id),
                    {shape.begin(), shape.end()},
                    {stride.begin(), stride.end()},
                    table_.storageOffsetElems(id)};
    }

    static std::string prefix(const DcpItem& item, const DcpPlace& place) {
        return fmt::format("{} ({}): ", inQuotes(item.name), place.path);
    }
    // The error is about a file of the directory.
    [[nodiscard]] tl::unexpected<Error> inFile(Error error, const DcpPlace& place) const {
        error.path = (std::filesystem::path(directory_) / std::string(place.path)).string();
        return fail(std::move(error));
    }
    // An error for a warning: its file by name.
    static std::string told(const Error& error) {
        const Error inDirectory{error.code, error.offset, error.what, {}};
        return error.path.empty() ? error.what
                                  : describe(inDirectory, std::filesystem::path(error.path).filename().string());
    }

    Result<std::optional<Value>> readTensor(const DcpItem& item) {
        std::vector<const DcpItem::Chunk*> chunks;
        const auto isEmpty = [](const DcpItem::Chunk& chunk) { return std::ranges::count(chunk.shape, 0U) > 0; };
        for (const auto& chunk : item.chunks)
            if (!isEmpty(chunk) || item.chunks.size() == 1) chunks.push_back(&chunk);
        if (chunks.size() == 1 && chunks[0]->shape == item.shape) {
            TRY(auto blob, readBlob(item, *chunks[0]));
            return addRow(item, storageOf(blob.storage), blob.strideElems, blob.originElems);
        }
        ChunkedTensor tensor{item.dtype, item.shape, {}};
        for (const auto* chunk : chunks) {
            TRY(auto blob, readBlob(item, *chunk));
            if (blob.storage.encoding != StorageEncoding::Raw)
                return fail(Errc::Unsupported, "a chunk of it is compressed inside its record");
            tensor.chunks.push_back({chunk->start, chunk->shape, std::move(blob.strideElems), blob.storage.file,
                                     blob.storage.offset, blob.storage.bytes, blob.originElems,
                                     blob.storage.bigEndian});
        }
        TRY(const auto storage, table_.addChunked(std::move(tensor), item.name));
        return addRow(item, storage, {}, 0);
    }

    // Tied tensors may be entries of one archive: they share their storage again.
    StorageId storageOf(const Storage& storage) {
        if (storage.encoding != StorageEncoding::Raw || storage.bytes == 0) return table_.addStorage(storage);
        const auto [known, fresh] = storages_.try_emplace({storage.file.value, storage.offset, storage.bytes});
        if (fresh) known->second = table_.addStorage(storage);
        return known->second;
    }

    Result<std::optional<Value>> addRow(const DcpItem& item, StorageId storage,
                                        std::span<const std::int64_t> strideElems, std::uint64_t originElems) {
        TensorRow row;
        row.name = item.name;
        row.dtype = item.dtype;
        row.shape = item.shape;
        row.strideElems = strideElems;
        row.storage = storage;
        row.storageOffsetElems = originElems;
        row.requiresGrad = item.requiresGrad;
        TRY(const auto id, table_.add(row, TensorTable::Name::Point));
        return ValueTree::tensorRef(id);
    }

    // An object that was saved whole; tensors in it get their path in it behind the item's name.
    Result<std::optional<Value>> readObject(const DcpItem& item) {
        TRY(const auto located, locate(item.name, {}));
        const auto& [place, id] = located;
        const auto mark = table_.mark();
        FileBeingRead part{file_.checkpoint,     file_.values, id,        file_.stop,
                           prefix(item, *place), file_.read,   file_.rest};
        auto format = readPart(part, place->offset, place->bytes);
        if (!format) {
            table_.rollBack(mark);
            return inFile(std::move(format.error()), *place);
        }
        hasRead(*place);
        for (std::size_t i = mark.tensors; i < table_.size(); ++i) {
            const TensorId row(static_cast<std::uint32_t>(i));
            const auto inner = table_.name(row);
            table_.rename(row, inner.empty() ? std::string(item.name) : fmt::format("{}.{}", item.name, inner),
                          TensorTable::Name::Copy);
        }
        return file_.values.root();
    }

    // A damaged tensor keeps its row, without bytes; a damaged object is left out.
    Result<std::optional<Value>> withoutBytes(const DcpItem& item, Error error) {
        // What a broken file costs is told once, with the file.
        if (std::exchange(lostWith_, nullptr) == nullptr && ++damaged_ <= kShownWarnings)
            file_.warn(fmt::format("{} {}: {}", item.isTensor ? "tensor" : "object", inQuotes(item.name), told(error)));
        if (!firstError_) firstError_ = std::move(error);
        if (!item.isTensor) return std::optional<Value>();
        Storage storage;
        storage.encoding = StorageEncoding::Absent;
        storage.dtype = item.dtype;
        storage.key = item.name;
        return addRow(item, table_.addStorage(storage), {}, 0);
    }

    void warnOfFiles() {
        for (const auto& [name, open] : files_) {
            if (open.broken)
                file_.warn(fmt::format("{}; without it {} items are missing: {}", told(*open.broken), open.lost.count(),
                                       open.lost.text()));
        }
    }

    void hasRead(const DcpPlace& place) {
        if (file_.rest != nullptr) openFile(place.path).read.emplace_back(place.offset, place.bytes);
    }

    // Files of the directory, and bytes of its files, that the metadata does not speak of.
    void lookAtRest() {
        namespace fs = std::filesystem;
        const auto named = metadata_.files();
        std::error_code error;
        std::vector<std::string> strays;
        for (fs::directory_iterator at(directory_, error); !error && at != fs::directory_iterator();
             at.increment(error)) {
            std::error_code ignored;
            std::string name = at->path().filename().string();
            if (at->path().extension() == ".distcp" && at->is_regular_file(ignored) && !named.contains(name))
                strays.push_back(std::move(name));
        }
        std::ranges::sort(strays);
        for (std::size_t i = 0; i < strays.size(); ++i) lookAtStray(strays[i], i < kShownWarnings);
        if (strays.size() > kShownWarnings)
            file_.warn(fmt::format("{} more files that the metadata does not name", strays.size() - kShownWarnings));
        if (file_.rest == nullptr) return;
        for (auto& [name, open] : files_)
            if (!open.broken) lookBetween(open);
    }

    void lookAtStray(const std::string& name, bool isTold) {
        const auto mapping = MappedFile::open((std::filesystem::path(directory_) / name).string(), file_.read);
        if (isTold && mapping)
            file_.warn(fmt::format("{} ({} bytes): the metadata does not name it", inQuotes(name), (*mapping)->size()));
        if (isTold && !mapping)
            file_.warn(fmt::format("{}: the metadata does not name it, and it cannot be read: {}", inQuotes(name),
                                   mapping.error().what));
        if (mapping && file_.rest != nullptr) file_.rest->stray(name, **mapping);
    }

    void lookBetween(OpenFile& open) {
        std::ranges::sort(open.read);
        const FileBeingRead whole{file_.checkpoint, file_.values, open.id, file_.stop, {}, file_.read, file_.rest};
        const std::uint64_t size = whole.bytes().size();
        open.read.emplace_back(size, 0);
        std::uint64_t done = 0;
        for (const auto& [offset, bytes] : open.read) {
            if (offset > done) file_.rest->leftover(whole, done, offset - done);
            done = std::max(done, offset + bytes);
        }
    }

    FileBeingRead& file_;
    TensorTable& table_;
    const DcpMetadata& metadata_;
    const ValueTree& metadataTree_;
    std::string directory_;
    std::shared_ptr<ValueTree> blobTree_;  // what the pickles around the chunks hold: nothing of interest
    NestedValues nested_;
    std::map<std::string, OpenFile> files_;
    std::map<std::tuple<std::uint32_t, std::uint64_t, std::uint64_t>, StorageId> storages_;  // by file, offset, bytes
    const OpenFile* lostWith_ = nullptr;
    const DcpPlace* lastPlace_ = nullptr;  // of the chunk that was read last
    Blob lastBlob_;
    std::optional<Error> firstError_;
    std::size_t readable_ = 0;
    std::size_t damaged_ = 0;
};

}  // namespace

bool isDcpMetadata(const std::string& path) {
    return std::filesystem::path(path).filename() == kDcpMetadataName;
}

Result<Format> readDcp(FileBeingRead file, const std::string& metadataPath,
                       const std::shared_ptr<const MappedFile>& metadata) {
    file.checkpoint.indexPath = metadataPath;
    // Names point into the file, or into texts that the tree unescaped.
    file.keepAlive(metadata);
    const auto tree = std::make_shared<ValueTree>();
    file.keepAlive(tree);
    const auto root = readPlainPickle(file, *tree, metadata->bytes(), 0);
    judgeAsDcpMetadata(file.checkpoint.globals);
    if (!root) return fail(root.error());
    TRY(const auto parsed, DcpMetadata::open(*tree, *root));
    return DcpReader(file, parsed, *tree, std::filesystem::path(metadataPath).parent_path().string()).read();
}

}  // namespace plimsoll
