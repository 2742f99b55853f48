// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "checkpoint/tensor_table.h"
#include "io/mapped_file.h"
#include "pickle/scanner.h"
#include "pickle/value.h"

namespace plimsoll {

enum class Format : std::uint8_t {
    TorchZip,
    TorchLegacy,
    TorchTar,
    TorchScript,
    Safetensors,
    SafetensorsIndex,
    PytorchIndex,
    Gguf,
    Npy,
    Npz,
    TorchDcp,
    Tensors,
    Pickle,
    DeepSpeed,
    Megatron,
};

// CLI.md's name: "pytorch-zip", "safetensors-index", ...
[[nodiscard]] std::string_view formatName(Format format) noexcept;

// One file of the checkpoint. The mapping is null for a shard that is missing or broken (see warnings).
struct SourceFile {
    std::string path;          // as opened
    std::string relativePath;  // to the directory of what the user opened
    std::uint64_t bytes = 0;
    std::shared_ptr<const MappedFile> mapping;
};

// Everything that opening tells; no tensor byte has been read. Immutable once a reader returned it, shared between
// threads as shared_ptr<const Checkpoint>.
struct Checkpoint {
    std::string path;  // what the user asked for
    Format format = Format::TorchZip;
    std::vector<SourceFile> files;  // data files; for a sharded set the shards (the index is in `indexPath`)
    std::string indexPath;          // of a sharded set, else empty
    TensorTable tensors;
    // Everything that is not a tensor, tensors as references. For safetensors: the __metadata__ dict; for an index: its
    // "metadata" dict. TorchZip/TorchLegacy: the pickle's root, unchanged in structure.
    ValueTree values;
    std::vector<GlobalRef> globals;
    std::vector<std::string> warnings;                 // about the file's integrity; empty for a sound file
    std::vector<std::string> notes;                    // about how it is read ("on NFS, ..."); mostly empty
    std::vector<std::shared_ptr<const void>> regions;  // memory that names point into

    [[nodiscard]] std::uint64_t fileBytes() const noexcept;
};

// Whether any of its files lies on a server.
[[nodiscard]] bool isRemote(const Checkpoint& checkpoint) noexcept;

// MappedFile::fault of the first file that has one.
[[nodiscard]] Result<void> faultOf(const Checkpoint& checkpoint);

// The row with this name; linear search, for single look-ups. Invalid id where absent.
[[nodiscard]] TensorId findTensor(const TensorTable& tensors, std::string_view name) noexcept;

}  // namespace plimsoll
