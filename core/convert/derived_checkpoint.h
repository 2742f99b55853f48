// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.h"
#include "checkpoint/checkpoint.h"

namespace plimsoll {

// Builds a flat checkpoint from tensors of others, or from pieces of them, that is read like any other. It keeps those
// that it is made of alive.
class DerivedCheckpoint {
public:
    // Answers the number of the first of its files here.
    std::uint32_t addFiles(const std::shared_ptr<const Checkpoint>& from);

    // A row of a table as it is, under another name; rows that share memory there share it here.
    //   fileBase  what addFiles answered for its checkpoint
    //   as        another dtype of the same width, for the same bytes
    [[nodiscard]] Result<TensorId> whole(const TensorTable& table, TensorId id, std::string_view name,
                                         std::uint32_t fileBase, std::optional<DType> as = {});
    // A tensor that lies in pieces, whose files count here.
    [[nodiscard]] Result<TensorId> pieces(ChunkedTensor tensor, std::string_view name);

    [[nodiscard]] std::string_view name(TensorId id) const { return made_->tensors.name(id); }
    [[nodiscard]] std::shared_ptr<const Checkpoint> finish(std::string path, ValueTree values = {});

private:
    [[nodiscard]] Result<StorageId> copied(const TensorTable& table, TensorId id, std::uint32_t fileBase);

    std::shared_ptr<Checkpoint> made_ = std::make_shared<Checkpoint>();
    // By checkpoint, told by its first file, and storage there.
    std::unordered_map<std::uint32_t, std::unordered_map<std::uint32_t, StorageId>> storages_;
};

}  // namespace plimsoll
