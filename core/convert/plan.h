// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "checkpoint/checkpoint.h"
#include "convert/recipe.h"

namespace plimsoll {

// A record's content: elements of one storage as they lie, or of one tensor in row-major order; then cast.
struct PlannedRecord {
    enum class Source : std::uint8_t { StorageRange, TensorElements };

    std::string name;  // of the tensor (safetensors) or of its first view (pth)
    Source source = Source::StorageRange;
    StorageId storage;               // that the bytes come from
    std::uint64_t sourceOffset = 0;  // bytes into the storage (StorageRange)
    TensorId tensor;                 // TensorElements
    DType from = DType::F32;
    DType to = DType::F32;
    std::uint64_t elements = 0;           // for sub-byte and Opaque dtypes: bytes
    std::uint64_t destinationOffset = 0;  // in the output file
    std::uint64_t destinationBytes = 0;
    std::vector<std::uint64_t> crcPlaces;  // file offsets where the record's CRC-32 (4 bytes) is written; empty: none
    // What stands before the record in its member and counts in that CRC-32.
    std::uint64_t bytesBefore = 0;
    std::uint32_t crcBefore = 0;
};

// Bytes that are read for a record.
[[nodiscard]] std::uint64_t sourceBytes(const PlannedRecord& record) noexcept;

// Bytes of its elements before the cast: what is read, but for ggml's block types, which are unpacked to f32.
[[nodiscard]] std::uint64_t valueBytes(const PlannedRecord& record) noexcept;

// True where its values become another type; unpacking ggml's blocks is no cast.
[[nodiscard]] bool isCast(const PlannedRecord& record) noexcept;

// Bytes of an output file that are known before any tensor is read.
struct PlannedBlob {
    std::uint64_t offset = 0;
    std::vector<std::byte> bytes;
};

// 20 decimal digits that combine the CRC-32 of all records in their order, written when the last one is complete: the
// part of torch's serialization id that changes with the weights.
struct PlannedDigest {
    std::uint64_t offset = 0;
    std::uint32_t crcBefore = 0;           // CRC-32 of what the member holds before the digits
    std::vector<std::uint64_t> crcPlaces;  // of the member: CRC-32 of both
};

// A CRC-32 (4 bytes) inside a blob that leaves room for it.
struct PlannedNumber {
    std::uint64_t offset = 0;
    std::uint32_t value = 0;
};

// A torch archive that is a file, or one of many in a file, which do without the serialization id.
enum class ArchiveUse : std::uint8_t { File, Part };

// An archive around one record and nothing else. There may be as many as tensors: what of it is no record is made again
// when it is written (tensor_archive.h).
struct PlannedArchive {
    std::uint64_t offset = 0;  // in the file
    std::uint64_t hash = 0;    // XXH3 of what is made again, checksums of records apart
    std::uint32_t record = 0;
    ArchiveUse use = ArchiveUse::File;
};

struct PlannedFile {
    std::string path;  // final name
    std::uint64_t bytes = 0;
    std::vector<PlannedBlob> blobs;  // do not overlap
    std::vector<PlannedArchive> archives;
    std::vector<PlannedNumber> numbers;  // known ones; those of records and of the digest come on top
    std::vector<PlannedRecord> records;  // ascending destinationOffset
    std::optional<PlannedDigest> digest;
};

struct PlannedCast {
    std::string name;
    DType from = DType::F32;
    DType to = DType::F32;
    bool loses = false;  // the target cannot hold every value of the source
};

// Every byte of the output, before one is moved. Pure data.
struct Plan {
    Recipe recipe;
    std::shared_ptr<const Checkpoint> source;
    std::vector<PlannedFile> files;
    bool isDirectory = false;   // the destination is a directory that holds the files
    std::string indexPath;      // of a sharded output, else empty
    std::string indexJson;      // its content
    std::uint64_t tensors = 0;  // in the output
    std::uint64_t bytesRead = 0;
    std::uint64_t bytesWritten = 0;     // all files, headers included
    std::uint64_t peakMemoryBytes = 0;  // blocks and buffers, beyond the inventory
    std::vector<PlannedCast> casts;
    std::vector<std::string> dropped;  // one line each: tensor names, and metadata that the target cannot hold
    std::vector<std::string> notes;    // aliases recorded, storages shrunk, ...
};

// Pure: reads no tensor byte and touches no output. Destination rules are checked by runPlan.
//   errors  Usage (nothing left to write, a dtype that cannot be cast, unknown suffix), Unsupported (a tensor that the
//           target cannot hold, named), Overflow, Cancelled
[[nodiscard]] Result<Plan> planConversion(std::shared_ptr<const Checkpoint> source, const Recipe& recipe,
                                          const std::stop_token& stop = {});

// Plan::bytesWritten. Takes a fraction of a plan's time and memory where one file keeps the graph of a pickle.
[[nodiscard]] Result<std::uint64_t> plannedBytes(std::shared_ptr<const Checkpoint> source, const Recipe& recipe,
                                                 const std::stop_token& stop = {});

}  // namespace plimsoll
