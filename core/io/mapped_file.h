// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/result.h"
#include "io/input_file.h"
#include "io/paged_range.h"
#include "io/read_options.h"

namespace plimsoll {

// A whole file as one span, read-only. Files of this machine are mapped and shared (MAP_SHARED | PROT_READ: costs
// address space, never memory commitment, so a 100 GB file maps on a 24 GB machine). Those on servers and on network
// file systems are paged (io/README.md): what is touched is read, and stays. Either way a page that cannot be read (the
// file was truncated by another program, a disk fails, a server breaks off) is zeros and remembered: call `fault()`
// after parsing.
class MappedFile {
public:
    // As InputFile::open; also OverLimit where 16,384 files are mapped, or paged, already.
    [[nodiscard]] static Result<std::shared_ptr<const MappedFile>> open(const std::string& path,
                                                                        const ReadOptions& options = {});

    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;
    ~MappedFile();

    // Valid as long as this object; may be empty.
    [[nodiscard]] std::span<const std::byte> bytes() const noexcept;
    [[nodiscard]] std::uint64_t size() const noexcept { return file_.size(); }
    [[nodiscard]] const std::string& path() const noexcept { return file_.path(); }
    // The same file for positional reads.
    [[nodiscard]] const InputFile& file() const noexcept { return file_; }

    // Paged: bytes() is for what parsing needs, not for all of a large file (limits::kPagedBytes); bulk goes by file().
    [[nodiscard]] bool isPaged() const noexcept { return paged_ != nullptr; }

    // What a reader of this file should know, about it being paged; empty mostly.
    [[nodiscard]] const std::string& note() const noexcept { return note_; }

    // Io with the offset of the first page that could not be read, where there was one, or of the end of a file that
    // was cut short since open(). For a paged file the error of the read.
    [[nodiscard]] Result<void> fault() const;

    // ReadOptions::stop no longer ends reads: opening is over.
    void forgetStop() const;

private:
    explicit MappedFile(InputFile file) noexcept;
    [[nodiscard]] Result<void> map();
    [[nodiscard]] Result<void> page(const std::stop_token& stop, std::span<const std::byte> head);
    [[nodiscard]] Result<void> cutShort() const;

    InputFile file_;
    const std::byte* address_ = nullptr;
    int guardSlot_ = -1;  // entry of the table of sigbus_guard, or page_fault_guard
    std::unique_ptr<PagedRange> paged_;
    std::string note_;
};

}  // namespace plimsoll
