// SPDX-License-Identifier: GPL-3.0-or-later
#include "formats/registry.h"

#include <array>
#include <filesystem>

#include <fmt/format.h>

#include "base/checked.h"
#include "formats/dcp/dcp_reader.h"
#include "formats/directory.h"
#include "formats/gguf/gguf_reader.h"
#include "formats/npy/npy_header.h"
#include "formats/npy/npy_reader.h"
#include "formats/rank_dirs/rank_reader.h"
#include "formats/reader.h"
#include "formats/safetensors/safetensors_reader.h"
#include "formats/sharded/index.h"
#include "formats/sharded/sharded_reader.h"
#include "formats/tensors/tensors_reader.h"
#include "formats/torch_legacy/torch_legacy_reader.h"
#include "formats/torch_tar/torch_tar_reader.h"
#include "formats/torch_zip/torch_zip_reader.h"
#include "formats/unknown_file.h"
#include "io/address.h"

namespace plimsoll {

namespace {

// A new single-file format is a folder and a row here. The order matters: a safetensors header can start with the
// bytes of a pickle, so the stricter probe comes first.
constexpr std::array kFileFormats = {
    FileFormat{"a GGUF model", looksLikeGguf, readGguf},
    FileFormat{"a NumPy array", looksLikeNpy, readNpy},
    FileFormat{"a NumPy archive", looksLikeNpz, readNpz},
    FileFormat{"a PyTorch zip archive", looksLikeTorchZip, readTorchZip},
    FileFormat{"safetensors", looksLikeSafetensors, readSafetensors},
    FileFormat{"a PyTorch tar archive", looksLikeTar, readTorchTar},
    FileFormat{"a PyTorch pickle", looksLikePickle, readTorchLegacy},
    FileFormat{"a text pickle", looksLikeTextPickle, readTorchLegacy},
};

std::string knownFormats() {
    std::string text;
    for (const auto& format : kFileFormats) text += std::string(format.what) + ", ";
    return text + "or the index of a sharded set";
}

Result<Format> readMapped(FileBeingRead& file, std::shared_ptr<const MappedFile> mapping, std::string relativePath) {
    auto& files = file.checkpoint.files;
    const std::string path = mapping->path();
    file.note(mapping->note());
    files.push_back({path, std::move(relativePath), mapping->size(), std::move(mapping)});
    file.file = FileId(static_cast<std::uint32_t>(files.size() - 1));
    const FileFormat* const format = probeFile(file.bytes());
    auto result = format != nullptr ? format->read(file) : fail(unknownFile(file.bytes(), knownFormats()));
    // What does not open may still be loaded by something: all of it is of interest then. Not over a network.
    if (!result && result.error().code != Errc::Cancelled && !file.mapping().isPaged()) file.scanLeftover(0);
    // A page that could not be read was zeros to the parser: what it then thought of them is of no interest.
    if (const auto fault = file.mapping().fault(); !fault) result = fail(fault.error());
    file.mapping().forgetStop();
    if (!result && result.error().path.empty()) result.error().path = path;
    return result;
}

Result<Format> readPath(FileBeingRead& file, const std::string& asked) {
    std::error_code ignored;
    std::string path = asked;
    const bool remote = isAddress(asked);
    if (!remote && std::filesystem::is_directory(path, ignored)) {
        TRY(const auto content, lookInto(path, file.read));
        if (!content.ranks.files.empty()) return readRankFiles(file, content.ranks);
        if (!content.tensorFiles.empty()) {
            TRY(const auto format, readTensorFiles(file, content.tensorFiles));
            return format ? Result<Format>(*format) : fail(severalCheckpoints(content.tensorFiles));
        }
        path = content.file;
    }
    TRY(auto mapping, MappedFile::open(path, file.read));
    const bool isDcp = !remote && isDcpMetadata(path);
    if (isDcp || looksLikeIndex(mapping->bytes())) {
        auto result = isDcp ? readDcp(file, path, mapping) : readSharded(file, path, mapping);
        if (const auto fault = mapping->fault(); !fault) result = fail(fault.error());
        mapping->forgetStop();
        if (!result && result.error().path.empty()) result.error().path = mapping->path();
        return result;
    }
    return readMapped(file, std::move(mapping),
                      remote ? fileNameOfAddress(path) : std::filesystem::path(path).filename().string());
}

}  // namespace

const FileFormat* probeFile(std::span<const std::byte> bytes) noexcept {
    for (const auto& format : kFileFormats)
        if (format.probe(bytes)) return &format;
    return nullptr;
}

Result<Format> readFile(FileBeingRead file, const std::string& path, std::string relativePath) {
    TRY(auto mapping, MappedFile::open(path, file.read));
    return readMapped(file, std::move(mapping), std::move(relativePath));
}

Result<Format> readPart(FileBeingRead file, std::uint64_t offset, std::uint64_t bytes) {
    if (!fitsWithin(offset, bytes, file.mapping().size())) {
        return fail(
            Errc::Truncated,
            fmt::format("{} bytes from byte {} on are needed, the file has {}", bytes, offset, file.mapping().size()),
            offset);
    }
    file.part = FileBeingRead::Part{offset, bytes};
    TensorTable& table = file.checkpoint.tensors;
    auto& globals = file.checkpoint.globals;
    const std::size_t firstStorage = table.storages().size();
    const std::size_t firstGlobal = globals.size();
    auto read = looksLikeTorchZip(file.bytes()) ? readTorchZip(file)
                : looksLikePickle(file.bytes()) ? readTorchLegacy(file)
                                                : Result<Format>(fail(unknownFile(file.bytes(), "a PyTorch file")));
    const auto moved = [offset](std::uint64_t place) { return place == Storage::kNoHeader ? place : place + offset; };
    for (std::size_t i = firstStorage; i < table.storages().size(); ++i) {
        const StorageId id(static_cast<std::uint32_t>(i));
        const Storage& storage = table.storage(id);
        table.placeStorage(id, storage.offset + offset, moved(storage.headerOffset), storage.headerCount);
    }
    for (std::size_t i = firstGlobal; i < globals.size(); ++i) globals[i].offset += offset;
    if (!read && read.error().offset != kNoOffset) read.error().offset += offset;
    return read;
}

Result<std::shared_ptr<const Checkpoint>> openCheckpoint(const std::string& path, std::stop_token stop,
                                                         std::vector<GlobalRef>* globalsOnError, ReadOptions read,
                                                         RestScan* rest) {
    auto checkpoint = std::make_shared<Checkpoint>();
    checkpoint->path = isAddress(path) ? withoutCredentials(path) : path;
    read.stop = stop;
    FileBeingRead file{*checkpoint, checkpoint->values, {}, std::move(stop), {}, std::move(read), rest};
    auto format = readPath(file, path);
    if (rest != nullptr) rest->finish(*checkpoint);
    if (!format) {
        if (globalsOnError != nullptr) *globalsOnError = std::move(checkpoint->globals);
        return fail(std::move(format.error()));
    }
    checkpoint->format = *format;
    return checkpoint;
}

}  // namespace plimsoll
