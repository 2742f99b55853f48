// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/result.h"
#include "io/input_file.h"

namespace plimsoll {

// A whole file mapped read-only and shared (MAP_SHARED | PROT_READ: costs address space, never memory commitment, so
// a 100 GB file maps on a 24 GB machine). A page that its file has lost (truncated by another program, a failing disk)
// reads as zeros and is remembered: call `fault()` after parsing.
class MappedFile {
public:
    // As InputFile::open; also OverLimit where sigbus_guard::kSlots files are mapped already.
    [[nodiscard]] static Result<std::shared_ptr<const MappedFile>> open(const std::string& path);

    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;
    ~MappedFile();

    // Valid as long as this object; may be empty.
    [[nodiscard]] std::span<const std::byte> bytes() const noexcept;
    [[nodiscard]] std::uint64_t size() const noexcept { return file_.size(); }
    [[nodiscard]] const std::string& path() const noexcept { return file_.path(); }
    // The same file for positional reads.
    [[nodiscard]] const InputFile& file() const noexcept { return file_; }

    // Io with the offset of the first page that could not be read, where there was one, or of the end of a file that
    // was cut short since open().
    [[nodiscard]] Result<void> fault() const;

private:
    MappedFile(InputFile file, const std::byte* address, int guardSlot) noexcept;

    InputFile file_;
    const std::byte* address_ = nullptr;
    int guardSlot_ = -1;  // entry of the SIGBUS guard's table
};

}  // namespace plimsoll
