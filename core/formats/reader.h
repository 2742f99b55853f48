// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/limits.h"
#include "base/result.h"
#include "checkpoint/checkpoint.h"
#include "io/read_options.h"

namespace plimsoll {

// Files up to this size have the headers of all their storages checked at once. In larger ones that waits for the first
// use of a storage, because each header is a page of the file that nothing else needs.
inline constexpr std::uint64_t kCheckHeadersBytes = 16 * limits::MiB;

class ZipReader;
struct ZipEntry;
struct FileBeingRead;

// Looks for pickles where a reader has no use for bytes: other members of an archive, what follows the content. What it
// finds joins the checkpoint when all is read. findings/rest_scanner.h is one.
class RestScan {
public:
    virtual ~RestScan() = default;
    // A member of file.bytes(), of which `zip` is the directory; only what is around its content, which is read; what
    // the directory itself has room for.
    virtual void member(const FileBeingRead& file, const ZipReader& zip, const ZipEntry& entry) = 0;
    virtual void around(const FileBeingRead& file, const ZipReader& zip, const ZipEntry& entry) = 0;
    virtual void directory(const FileBeingRead& file, const ZipReader& zip) = 0;
    // A named member that starts at file.bytes()[offset].
    virtual void member(const FileBeingRead& file, std::string_view name, std::uint64_t offset,
                        std::uint64_t bytes) = 0;
    // Bytes of file.bytes() that nothing speaks of.
    virtual void leftover(const FileBeingRead& file, std::uint64_t offset, std::uint64_t bytes) = 0;
    // A file of the checkpoint's directory that nothing speaks of.
    virtual void stray(const std::string& name, const MappedFile& mapping) = 0;
    virtual void finish(Checkpoint& checkpoint) = 0;
};

// One file that is being read, and where what it holds goes: everything is appended, so that the shards of a set share
// one table. A reader that fails may leave rows behind; whoever goes on without the file rolls the table back.
struct FileBeingRead {
    Checkpoint& checkpoint;
    ValueTree& values;  // gets the file's root
    FileId file;
    std::stop_token stop;
    std::string warningPrefix;  // "model-00001.bin: " for a shard, else empty
    ReadOptions read = {};      // for further files of the checkpoint
    RestScan* rest = nullptr;   // or nobody asked
    // Set where a part of the file is read as if it were a file of its own: readPart() moves what was found.
    struct Part {
        std::uint64_t offset = 0;
        std::uint64_t bytes = 0;
    };
    std::optional<Part> part = {};

    [[nodiscard]] const MappedFile& mapping() const { return *checkpoint.files[file.index()].mapping; }
    [[nodiscard]] std::span<const std::byte> bytes() const {
        const auto all = mapping().bytes();
        if (!part) return all;
        return all.subspan(static_cast<std::size_t>(part->offset), static_cast<std::size_t>(part->bytes));
    }
    // Keeps memory that names and values point into as long as the checkpoint.
    void keepAlive(const std::shared_ptr<const void>& region) {
        checkpoint.regions.push_back(region);
        values.keepAlive(region);
    }
    void note(const std::string& what) {
        auto& notes = checkpoint.notes;
        if (!what.empty() && std::ranges::find(notes, what) == notes.end()) notes.push_back(what);
    }
    void scanLeftover(std::uint64_t offset) const {
        if (rest != nullptr && offset < bytes().size()) rest->leftover(*this, offset, bytes().size() - offset);
    }
    void warn(std::string_view what) { checkpoint.warnings.push_back(warningPrefix + std::string(what)); }
};

// A kind of single file: how it is recognised by its content, and who reads it.
struct FileFormat {
    std::string_view what;  // "a PyTorch zip archive", for error texts
    bool (*probe)(std::span<const std::byte> bytes) noexcept;
    Result<Format> (*read)(FileBeingRead& file);
};

// The first format whose probe says yes; nullptr where none does.
[[nodiscard]] const FileFormat* probeFile(std::span<const std::byte> bytes) noexcept;

// Maps `path`, appends it to checkpoint.files and reads it by its content.
//   errors  Io, Unsupported for content that no format knows (says what it looks like), and what the reader finds
[[nodiscard]] Result<Format> readFile(FileBeingRead file, const std::string& path, std::string relativePath);

// Reads [offset, offset + bytes) of the file `file.file`, which is open already, as a PyTorch file of its own. Places
// of storages, globals and errors are those in the whole file.
//   errors  Truncated where the file ends earlier, Corrupt for content that torch.load would not take, and what the
//           reader finds
[[nodiscard]] Result<Format> readPart(FileBeingRead file, std::uint64_t offset, std::uint64_t bytes);

}  // namespace plimsoll
