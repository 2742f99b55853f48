// SPDX-License-Identifier: GPL-3.0-or-later
#include "formats/registry.h"

#include <array>
#include <filesystem>

#include <fmt/format.h>

#include "formats/directory.h"
#include "formats/gguf/gguf_reader.h"
#include "formats/npy/npy_header.h"
#include "formats/npy/npy_reader.h"
#include "formats/reader.h"
#include "formats/safetensors/safetensors_reader.h"
#include "formats/sharded/index.h"
#include "formats/sharded/sharded_reader.h"
#include "formats/torch_legacy/torch_legacy_reader.h"
#include "formats/torch_zip/torch_zip_reader.h"
#include "formats/unknown_file.h"

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
    files.push_back({path, std::move(relativePath), mapping->size(), std::move(mapping)});
    file.file = FileId(static_cast<std::uint32_t>(files.size() - 1));
    const FileFormat* const format = probeFile(file.bytes());
    auto result = format != nullptr ? format->read(file) : fail(unknownFile(file.bytes(), knownFormats()));
    // A page that could not be read was zeros to the parser: what it then thought of them is of no interest.
    if (const auto fault = file.mapping().fault(); !fault) result = fail(fault.error());
    if (!result && result.error().path.empty()) result.error().path = path;
    return result;
}

Result<Format> readPath(FileBeingRead& file, const std::string& asked) {
    std::error_code ignored;
    std::string path = asked;
    if (std::filesystem::is_directory(path, ignored)) {
        TRY(path, checkpointOfDirectory(path));
    }
    TRY(auto mapping, MappedFile::open(path));
    if (looksLikeIndex(mapping->bytes())) {
        auto result = readSharded(file, path, mapping);
        if (const auto fault = mapping->fault(); !fault) result = fail(fault.error());
        if (!result && result.error().path.empty()) result.error().path = path;
        return result;
    }
    return readMapped(file, std::move(mapping), std::filesystem::path(path).filename().string());
}

}  // namespace

const FileFormat* probeFile(std::span<const std::byte> bytes) noexcept {
    for (const auto& format : kFileFormats)
        if (format.probe(bytes)) return &format;
    return nullptr;
}

Result<Format> readFile(FileBeingRead file, const std::string& path, std::string relativePath) {
    TRY(auto mapping, MappedFile::open(path));
    return readMapped(file, std::move(mapping), std::move(relativePath));
}

Result<std::shared_ptr<const Checkpoint>> openCheckpoint(const std::string& path, std::stop_token stop,
                                                         std::vector<GlobalRef>* globalsOnError) {
    auto checkpoint = std::make_shared<Checkpoint>();
    checkpoint->path = path;
    FileBeingRead file{*checkpoint, checkpoint->values, {}, std::move(stop), {}};
    auto format = readPath(file, path);
    if (!format) {
        if (globalsOnError != nullptr) *globalsOnError = std::move(checkpoint->globals);
        return fail(std::move(format.error()));
    }
    checkpoint->format = *format;
    return checkpoint;
}

}  // namespace plimsoll
