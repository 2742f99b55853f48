// SPDX-License-Identifier: GPL-3.0-or-later
#include "convert/final_blobs.h"

#include <algorithm>
#include <array>
#include <bit>
#include <string>

#include <fmt/format.h>
#include <xxhash.h>

#include "base/byte_cursor.h"
#include "base/limits.h"
#include "convert/tensor_archive.h"
#include "zip/crc32.h"

namespace plimsoll {

FinalBlobs::FinalBlobs(const PlannedFile& file, std::span<const std::uint32_t> recordCrcs, const Checkpoint* source)
    : file_(file), source_(source) {
    for (const auto& archive : file.archives) archiveCrcs_.push_back(recordCrcs[archive.record]);
    for (const auto& number : file.numbers) numbers_.emplace_back(number.offset, number.value);
    for (std::size_t i = 0; i < file.records.size(); ++i) {
        const auto& record = file.records[i];
        // What stands before the record in its member counts too.
        const auto crc = record.bytesBefore == 0
                             ? recordCrcs[i]
                             : crc32Combine(record.crcBefore, recordCrcs[i], record.destinationBytes);
        for (const auto place : record.crcPlaces) numbers_.emplace_back(place, crc);
    }
    if (file.digest) {
        const auto text = fmt::format("{:020}", XXH3_64bits(recordCrcs.data(), recordCrcs.size_bytes()));
        const auto bytes = asBytes(text);
        digits_ = {file.digest->offset, {bytes.begin(), bytes.end()}};
        for (const auto place : file.digest->crcPlaces)
            numbers_.emplace_back(place, crc32(file.digest->crcBefore, bytes));
    }
    std::ranges::sort(numbers_);
}

Result<void> FinalBlobs::visit(const Sink& sink) const {
    for (const auto& blob : file_.blobs) TRY_VOID(visitBlob(blob, sink));
    for (const auto& archive : file_.archives) TRY_VOID(visitArchive(archive, sink));
    return digits_.bytes.empty() ? Result<void>() : sink(digits_.offset, digits_.bytes);
}

Result<void> FinalBlobs::visitArchive(const PlannedArchive& archive, const Sink& sink) const {
    const auto index = static_cast<std::size_t>(&archive - file_.archives.data());
    TRY(const auto made, tensorArchiveAgain(*source_, file_.records[archive.record], archive.use));
    return FinalBlobs(made, std::span(archiveCrcs_).subspan(index, 1), nullptr)
        .visit([&](std::uint64_t offset, std::span<const std::byte> bytes) {
            return sink(archive.offset + offset, bytes);
        });
}

Result<void> FinalBlobs::visitBlob(const PlannedBlob& blob, const Sink& sink) const {
    constexpr std::size_t kPiece = limits::MiB;
    std::vector<std::byte> piece;
    for (std::size_t at = 0; at < blob.bytes.size(); at += kPiece) {
        const auto part = std::span(blob.bytes).subspan(at, std::min(kPiece, blob.bytes.size() - at));
        const auto begin = blob.offset + at;
        const auto end = begin + part.size();
        piece.assign(part.begin(), part.end());
        // A number may lie across two pieces.
        auto number = std::ranges::lower_bound(numbers_, begin < 3 ? 0 : begin - 3, {},
                                               [](const auto& entry) { return entry.first; });
        for (; number != numbers_.end() && number->first < end; ++number) {
            const auto bytes = std::bit_cast<std::array<std::byte, 4>>(number->second);
            for (std::size_t i = 0; i < bytes.size(); ++i)
                if (const auto place = number->first + i; place >= begin && place < end)
                    piece[static_cast<std::size_t>(place - begin)] = bytes[i];
        }
        TRY_VOID(sink(begin, piece));
    }
    return {};
}

}  // namespace plimsoll
