// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "pickle/value.h"
#include "tensor/dtype.h"

namespace plimsoll {

// Where one item lies: a part of a file of the directory that is a PyTorch file of its own.
struct DcpPlace {
    std::string_view path;
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;
    std::string transforms;  // what was done to the bytes ("zstd"); empty: nothing
};

// An entry of the state dict: a tensor as boxes of it, or an object.
struct DcpItem {
    struct Chunk {
        std::vector<std::uint64_t> start;
        std::vector<std::uint64_t> shape;
    };
    std::string_view name;
    bool isTensor = false;
    DType dtype = DType::F32;
    bool requiresGrad = false;
    std::vector<std::uint64_t> shape;
    std::vector<Chunk> chunks;
};

// What the pickle in `.metadata` says. Views and values live as long as the tree.
class DcpMetadata {
public:
    // `root` is the pickle's root in `tree`, which must outlive this object.
    //   errors  Corrupt where it is no torch.distributed.checkpoint Metadata, or a part of it is not what it should be
    [[nodiscard]] static Result<DcpMetadata> open(const ValueTree& tree, Value root);

    [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }
    [[nodiscard]] Result<DcpItem> item(std::size_t index) const;
    // Nothing where the metadata has no place for it.
    //   start  of a tensor's chunk; empty for objects
    [[nodiscard]] const DcpPlace* place(std::string_view name, std::span<const std::uint64_t> start) const;
    // Every file that a place is in.
    [[nodiscard]] std::set<std::string_view> files() const;
    // The keys (texts and numbers) that led to the entry in the nested state dict; empty where that is not told.
    [[nodiscard]] std::span<const Value> path(std::string_view name) const;

private:
    explicit DcpMetadata(const ValueTree& tree) : tree_(&tree) {}
    [[nodiscard]] Result<void> readPlaces(Value storageData);
    void readPaths(Value plannerData);
    [[nodiscard]] Result<DcpItem::Chunk> chunk(std::string_view name, Value value) const;

    const ValueTree* tree_;
    std::span<const std::pair<Value, Value>> entries_;
    std::unordered_map<std::string, DcpPlace> places_;  // by name and start
    std::unordered_map<std::string_view, std::span<const Value>> paths_;
};

}  // namespace plimsoll
