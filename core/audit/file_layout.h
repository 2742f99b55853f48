// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "checkpoint/checkpoint.h"

namespace plimsoll {

// A run of bytes of a file; it ends where the next one begins.
struct FilePart {
    enum class Kind : std::uint8_t {
        Tensor,  // elements of `tensor`, the first that views them
        Unused,  // of a storage, viewed by no tensor
        Record,  // a member of the archive that is no storage: `record` is its name
        Before,  // outside of storages, see OutsideWords
        Between,
        After,
    };
    std::uint64_t begin = 0;
    TensorId tensor;           // of Kind::Tensor
    std::uint32_t record = 0;  // of Kind::Record: index into FileLayout::records
    Kind kind = Kind::Between;
};

// Everything in one file, in its order and without gaps.
struct FileLayout {
    std::shared_ptr<const Checkpoint> checkpoint;
    FileId file;
    std::uint64_t bytes = 0;
    std::vector<FilePart> parts;       // none of them is empty; the first begins at 0
    std::vector<std::string> records;  // names of members that are no storages
    std::uint64_t unusedBytes = 0;     // of storages, viewed by no tensor
    std::uint64_t outsideBytes = 0;    // in no storage

    [[nodiscard]] std::uint64_t end(std::size_t part) const noexcept {
        return part + 1 < parts.size() ? parts[part + 1].begin : bytes;
    }
    // The part that holds this byte of the file (below `bytes`). O(log parts).
    [[nodiscard]] std::size_t partAt(std::uint64_t offset) const noexcept;
    // The first part of this tensor; linear search.
    [[nodiscard]] std::optional<std::size_t> partOf(TensorId tensor) const noexcept;
    // What the part is, in words; of a tensor its name.
    [[nodiscard]] std::string words(std::size_t part) const;
};

// Lays out one file; no tensor byte is read, of an archive its directory. A view with gaps counts from its first byte
// to its last; compressed storages belong to their first view. O(n log n) for n tensors; an empty layout for a file
// that is missing, or where stopped.
[[nodiscard]] FileLayout layOutFile(std::shared_ptr<const Checkpoint> checkpoint, FileId file,
                                    const std::stop_token& stop = {});

}  // namespace plimsoll
