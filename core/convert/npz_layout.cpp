// SPDX-License-Identifier: GPL-3.0-or-later
#include "convert/npz_layout.h"

#include <utility>

#include <fmt/format.h>

#include "base/byte_cursor.h"
#include "convert/refusals.h"
#include "formats/npy/npy_writer.h"
#include "zip/crc32.h"
#include "zip/zip_layout.h"

namespace plimsoll {

namespace {

Result<std::vector<std::byte>> headerOf(const PlainEntry& entry) {
    const auto type = numpyName(entry.record.to);
    if (!type) {
        return fail(Errc::Unsupported,
                    fmt::format("tensor '{}' is {}, a type that numpy has not (cast it: --rule '{}=f32')",
                                entry.record.name, shortName(entry.record.to), entry.record.name));
    }
    const auto text = npyHeader(*type, entry.shape);
    const auto bytes = asBytes(text);
    return std::vector<std::byte>(bytes.begin(), bytes.end());
}

}  // namespace

Result<PlannedFile> layoutNpz(std::string path, std::vector<PlainEntry> entries) {
    std::vector<ZipMember> members;
    std::vector<std::vector<std::byte>> headers;
    Refusals refusals;
    for (const auto& entry : entries) {
        auto header = headerOf(entry);
        if (!header) {
            TRY_VOID(refusals.add(std::move(header.error()), entry.record.name));
            continue;
        }
        members.push_back({entry.record.name + ".npy", header->size() + entry.record.destinationBytes});
        headers.push_back(std::move(*header));
    }
    TRY_VOID(refusals.result());
    TRY(auto layout, layoutStoredZip(members));
    PlannedFile file;
    file.path = std::move(path);
    file.bytes = layout.fileBytes;
    for (auto& blob : layout.blobs) file.blobs.push_back({blob.offset, std::move(blob.bytes)});
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const auto& slot = layout.slots[i];
        auto& record = entries[i].record;
        record.bytesBefore = headers[i].size();
        record.crcBefore = crc32(0, headers[i]);
        record.destinationOffset = slot.dataOffset + record.bytesBefore;
        record.crcPlaces = {slot.crcInLocalHeader, slot.crcInDirectory};
        file.blobs.push_back({slot.dataOffset, std::move(headers[i])});
        file.records.push_back(std::move(record));
    }
    return file;
}

}  // namespace plimsoll
