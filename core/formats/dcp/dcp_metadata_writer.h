// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "tensor/dtype.h"

namespace plimsoll {

// A key of a nested state dict: of a dict, or a place in a list.
using DcpKey = std::variant<std::string, std::int64_t>;

// An entry of a directory that is to be written.
struct DcpEntry {
    struct Tensor {
        DType dtype = DType::F32;
        std::vector<std::uint64_t> shape;
        bool requiresGrad = false;
    };
    std::string name;              // the keys of `path`, joined by dots
    std::vector<DcpKey> path;      // from the root of the state dict
    std::optional<Tensor> tensor;  // none: an object
    std::string file;              // its name in the directory
    std::uint64_t offset = 0;      // of its torch.save archive
    std::uint64_t bytes = 0;
};

// The pickle in `.metadata` that torch.distributed.checkpoint 2.11 reads: each tensor is one chunk. Texts are UTF-8.
[[nodiscard]] std::vector<std::byte> dcpMetadata(std::span<const DcpEntry> entries);

// "__0_3.distcp": what torch calls the fourth file of rank 0.
[[nodiscard]] std::string dcpFileName(std::size_t index);

}  // namespace plimsoll
