// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <stop_token>

#include "base/limits.h"
#include "findings/scan_context.h"
#include "findings/scan_report.h"
#include "formats/reader.h"

namespace plimsoll {

// What a scan finds in the parts of a file that opening it does not read: its names join the checkpoint's, and what it
// could not look into is a warning. For one openCheckpoint().
class RestScanner final : public RestScan {
public:
    explicit RestScanner(std::stop_token stop) : context_(found_, std::move(stop), kUnpackedBytes) {}
    void member(const FileBeingRead& file, const ZipReader& zip, const ZipEntry& entry) override;
    void member(const FileBeingRead& file, std::string_view name, std::uint64_t offset, std::uint64_t bytes) override;
    void around(const FileBeingRead& file, const ZipReader& zip, const ZipEntry& entry) override;
    void directory(const FileBeingRead& file, const ZipReader& zip) override;
    void leftover(const FileBeingRead& file, std::uint64_t offset, std::uint64_t bytes) override;
    void stray(const std::string& name, const MappedFile& mapping) override;
    void finish(Checkpoint& checkpoint) override;

private:
    // Opening a file should take a second or two whatever it holds; a scan may take longer.
    static constexpr std::uint64_t kUnpackedBytes = 512 * limits::MiB;

    // Looks at as much of it as is left to search, and says so of the others.
    void search(Region rest);
    [[nodiscard]] Region whole(const FileBeingRead& file);

    ScannedFile found_;
    ScanContext context_;
    std::uint64_t searchLeft_ = limits::kScanSearchBytes;  // bytes that belong to nothing
};

}  // namespace plimsoll
