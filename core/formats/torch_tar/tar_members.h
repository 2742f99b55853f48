// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"

namespace plimsoll {

// A member of a tar archive; offsets from the archive's first byte.
struct TarMember {
    std::string name;
    std::uint64_t headerOffset = 0;
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;
    bool regular = true;  // else a link, a directory, a device: it has no bytes of its own
};

struct TarArchive {
    std::vector<TarMember> members;
    std::uint64_t end = 0;  // offset of what follows
    bool ended = false;     // with the block of zeros that closes an archive
};

// True for the header that POSIX and GNU tar write.
[[nodiscard]] bool looksLikeTar(std::span<const std::byte> bytes) noexcept;

// The members of an uncompressed archive (POSIX ustar with pax headers, GNU). Reads headers only.
//   errors  Corrupt (checksum, numbers), Truncated where a member reaches beyond the end
[[nodiscard]] Result<TarArchive> readTar(std::span<const std::byte> bytes);

}  // namespace plimsoll
