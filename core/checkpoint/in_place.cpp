// SPDX-License-Identifier: GPL-3.0-or-later
#include "checkpoint/in_place.h"

#include <algorithm>

#include "tensor/dtype.h"

namespace plimsoll {

bool usableInPlace(const TensorTable& tensors, TensorId id) noexcept {
    const Storage& storage = tensors.storage(id);
    const std::uint64_t elementBytes = std::max(bitWidth(tensors.dtype(id)) / 8, 1U);
    return storage.encoding == StorageEncoding::Raw && !storage.bigEndian && !tensors.isLazyView(id) &&
           (storage.offset % elementBytes == 0 || storage.bytes == 0);
}

}  // namespace plimsoll
