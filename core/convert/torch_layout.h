// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "checkpoint/checkpoint.h"
#include "convert/plan.h"
#include "convert/storage_plan.h"

namespace plimsoll {

// The zip archive that torch.save would write around this pickle: data.pkl, the small members, and records[i] as
// data/I. Sets the records' places.
//   errors  Overflow
[[nodiscard]] Result<PlannedFile> layoutTorchFile(std::string path, std::vector<std::byte> pickle,
                                                  std::vector<PlannedRecord> records,
                                                  ArchiveUse use = ArchiveUse::File);

// Plans one torch file from picked tensors.
struct TorchContent {
    const Checkpoint& source;
    std::span<const Selection::Pick> picks;
    const StoragePlan& storages;
    std::stop_token stop = {};  // looked at for every tensor: Cancelled
};

// A flat OrderedDict of the picks with these indices.
[[nodiscard]] Result<PlannedFile> planFlatTorchFile(const TorchContent& content, std::span<const std::uint32_t> members,
                                                    std::string path);

// A dict of values of the source's graph, whose tensors are picks.
using NamedValue = std::pair<std::string_view, Value>;
[[nodiscard]] Result<PlannedFile> planTorchEntries(const TorchContent& content, std::span<const NamedValue> entries,
                                                   std::string path);

// The value graph `tree`, its tensors being the picks.
[[nodiscard]] Result<PlannedFile> planTorchGraph(const TorchContent& content, const ValueTree& tree, Value root,
                                                 std::string path, ArchiveUse use = ArchiveUse::File);

// PlannedFile::bytes of planTorchGraph(), without a plan.
[[nodiscard]] Result<std::uint64_t> torchGraphBytes(const TorchContent& content, const ValueTree& tree, Value root);

}  // namespace plimsoll
