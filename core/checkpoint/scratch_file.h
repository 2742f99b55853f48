// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/result.h"

namespace plimsoll {

// A nameless temporary file, mapped: holds what has to be read at random but is too large for memory. Gone with the
// object, or with the process. Move-only.
class ScratchFile {
public:
    // Reserves `bytes` on disk in the directory for temporary files; Io where there is no room.
    [[nodiscard]] static Result<ScratchFile> create(std::uint64_t bytes);

    ScratchFile(ScratchFile&& other) noexcept;
    ScratchFile& operator=(ScratchFile&& other) noexcept;
    ScratchFile(const ScratchFile&) = delete;
    ScratchFile& operator=(const ScratchFile&) = delete;
    ~ScratchFile();

    [[nodiscard]] std::span<std::byte> bytes() const noexcept { return bytes_; }

private:
    explicit ScratchFile(std::span<std::byte> bytes) noexcept : bytes_(bytes) {}
    std::span<std::byte> bytes_;
};

}  // namespace plimsoll
