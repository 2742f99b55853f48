// SPDX-License-Identifier: GPL-3.0-or-later
#include "formats/dcp/dcp_globals.h"

#include <algorithm>
#include <span>

namespace plimsoll {

namespace {

struct Name {
    std::string_view module;
    std::string_view name;
};

// Python 3.13 has the paths in a module of its own; torch 2.0 and 2.1 took two of the classes from elsewhere.
constexpr Name kNames[] = {
    {"torch.distributed.checkpoint.metadata", "BytesStorageMetadata"},
    {"torch.distributed.checkpoint.metadata", "ChunkStorageMetadata"},
    {"torch.distributed.checkpoint.metadata", "Metadata"},
    {"torch.distributed.checkpoint.metadata", "MetadataIndex"},
    {"torch.distributed.checkpoint.metadata", "StorageMeta"},
    {"torch.distributed.checkpoint.metadata", "TensorProperties"},
    {"torch.distributed.checkpoint.metadata", "TensorStorageMetadata"},
    {"torch.distributed.checkpoint.metadata", "_MEM_FORMAT_ENCODING"},
    {"torch.distributed.checkpoint.filesystem", "_StorageInfo"},
    {"torch.distributed._shard.sharded_tensor.metadata", "MEM_FORMAT_ENCODING"},
    {"torch.distributed._shard.sharded_tensor.metadata", "TensorProperties"},
    {"pathlib", "PosixPath"},
    {"pathlib", "WindowsPath"},
    {"pathlib._local", "PosixPath"},
    {"pathlib._local", "WindowsPath"},
};

}  // namespace

void judgeAsDcpMetadata(std::vector<GlobalRef>& globals) {
    for (auto& global : globals) {
        const bool isListed = std::ranges::any_of(
            kNames, [&](const Name& row) { return row.module == global.module && row.name == global.name; });
        if (!isListed || global.dynamic || global.verdict != Verdict::Suspicious) continue;
        global.verdict = Verdict::Safe;
        global.reason = "torch.distributed.checkpoint writes it into .metadata";
    }
}

}  // namespace plimsoll
