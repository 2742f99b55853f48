// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
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

// Lays members out as torch's PyTorchStreamWriter does: stored, data aligned to 64 bytes by an "FB" extra field, zip64
// fields where needed, zip64 end records always. Pure, O(n). Each member's data lies where torch would put it behind
// the same header, so that the rule of ZipEntry::provenDataOffset holds for what we write too.
// Unlike torch's, sizes and CRC-32 stand in the local header and no data descriptor follows the data. So an archive
// must not hold torch's record ".format_version" with 1 or more: torch then may compute offsets as if descriptors
// were there (torch.utils.serialization.config.load.calculate_storage_offsets).
//   errors  Overflow; Usage for a name that is empty, longer than 65,535 bytes, not UTF-8, holds a NUL byte or is
//           there twice
[[nodiscard]] Result<ZipLayout> layoutStoredZip(const std::vector<ZipMember>& members);

// ZipLayout::fileBytes of the members that were added, without a layout; names are not checked.
class StoredZipSize {
public:
    //   errors  Overflow
    [[nodiscard]] Result<void> add(std::string_view name, std::uint64_t bytes);
    [[nodiscard]] std::uint64_t fileBytes() const noexcept;

private:
    std::uint64_t offset_ = 0;  // of the next member's header
    std::uint64_t directoryBytes_ = 0;
};

}  // namespace plimsoll
