// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace plimsoll {

// One stored member of an archive that is to be written.
struct ZipMember {
    std::string name;
    std::uint64_t bytes = 0;
};

// Where everything of an archive of stored members goes, before a byte of content exists.
struct ZipLayout {
    struct Slot {
        std::uint64_t dataOffset = 0;
        std::uint64_t bytes = 0;
        std::uint64_t crcInLocalHeader = 0;  // offset of the 4 CRC bytes to patch when the member is complete
        std::uint64_t crcInDirectory = 0;    // the same in the central directory
    };
    struct Blob {
        std::uint64_t offset = 0;
        std::vector<std::byte> bytes;
    };
    std::vector<Slot> slots;  // one per member, same order
    std::vector<Blob> blobs;  // local headers with padding, central directory and end records; CRCs are zero
    std::uint64_t fileBytes = 0;
};

// Lays members out as torch's PyTorchStreamWriter does: stored, data aligned to 64 bytes by an "FB" extra field,
// zip64 fields where needed. Pure. CRC-32 and sizes stand in the local header (no data descriptor), so `unzip -t` and
// torch.load(mmap=True) read the result.
//   errors  Overflow, Usage for a duplicate name or a name over 65,535 bytes
[[nodiscard]] Result<ZipLayout> layoutStoredZip(const std::vector<ZipMember>& members);

}  // namespace plimsoll
