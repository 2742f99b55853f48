// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "checkpoint/tensor_table.h"
#include "tensor/dtype.h"

namespace plimsoll {

// The one definition of "the weights arrived", used on the file and in the loader: XXH3-128 over all tensors in byte
// order of their names. Each tensor enters as its name, its torch dtype name and its dimensions (each list with its
// length as a little-endian u64 before it), then its elements, contiguous, row-major and little-endian. Two names of
// one tensor enter twice. In a tensor that was cast any NaN counts as the same one: the bits that a cast gives it
// depend on the loop (tensor/README.md) and, on a GPU, on the device.
class ModelChecksum {
public:
    ModelChecksum();
    ~ModelChecksum();
    ModelChecksum(const ModelChecksum&) = delete;
    ModelChecksum& operator=(const ModelChecksum&) = delete;
    ModelChecksum(ModelChecksum&&) noexcept;
    ModelChecksum& operator=(ModelChecksum&&) noexcept;

    // Starts the next tensor; its elements follow with add(), in any number of parts of whole elements.
    //   cast  they are of this dtype by a cast
    void beginTensor(std::string_view name, DType dtype, std::span<const std::uint64_t> shape, bool cast = false);
    void add(std::span<const std::byte> elements);

    // 32 hexadecimal digits over everything so far.
    [[nodiscard]] std::string hex() const;

private:
    void addBytes(std::span<const std::byte> bytes);
    void addLength(std::uint64_t length);
    void addText(std::string_view text);

    struct State;
    std::unique_ptr<State> state_;
};

// Every row of the table in the order in which a checksum visits them. O(n log n).
[[nodiscard]] std::vector<TensorId> checksumOrder(const TensorTable& tensors);

}  // namespace plimsoll
