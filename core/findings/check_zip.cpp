// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>

#include <fmt/format.h>

#include "base/byte_cursor.h"
#include "base/limits.h"
#include "base/workers.h"
#include "checkpoint/inflate_stream.h"
#include "findings/archives_in_row.h"
#include "findings/check_parts.h"
#include "zip/crc32.h"
#include "zip/zip_records.h"

namespace plimsoll {

namespace {

constexpr std::uint64_t kPieceBytes = 8 * limits::MiB;
constexpr std::size_t kBufferBytes = 1 * limits::MiB;

}  // namespace

void ZipCheck::addFile(const std::string& name, const std::shared_ptr<const MappedFile>& mapping) {
    const auto bytes = mapping->bytes();
    if (!asText(bytes).starts_with("PK")) return;
    files_.push_back({name, mapping});
    if (const auto zip = ZipReader::open(bytes)) return addArchive(*zip, 0);
    const auto row = archivesInRow(bytes, context_.stop);
    for (const auto& one : row)
        if (const auto zip = ZipReader::open(
                bytes.subspan(static_cast<std::size_t>(one.offset), static_cast<std::size_t>(one.bytes))))
            addArchive(*zip, one.offset);
    // What is wrong with the directory is told by opening the file.
    if (row.empty())
        context_.notDone({name, {}, kNoOffset, false}, "the CRC-32 of its members", "the zip directory is damaged");
}

void ZipCheck::addArchive(const ZipReader& zip, std::uint64_t at) {
    const std::string& name = files_.back().name;
    if (!zip.hasChecksums() && !zip.entries().empty())
        context_.notDone({name, {}, at, false}, "the CRC-32 of its members", "it was written without any");
    for (const auto& entry : zip.entries()) {
        const Place place{name, std::string(entry.name), at + entry.headerOffset, false};
        const auto data = zip.dataOffset(entry);
        if (!data) {
            context_.find(rules::kZipHeader, place, data.error().what);
            context_.notDone(place, "the CRC-32", "the header is damaged");
            continue;
        }
        gap(entry, *data + entry.storedBytes, at);
        if ((entry.flags & zip_records::kFlagsUnreadable) != 0) {
            context_.notDone(place, "the CRC-32", "it is encrypted or patched");
        } else if (entry.method != zip_records::kStored && entry.method != zip_records::kDeflated) {
            context_.notDone(place, "the CRC-32", fmt::format("it is packed with method {}", entry.method));
        } else if (zip.hasChecksums()) {
            addMember(entry, *data, at);
        }
    }
}

// A data descriptor of at most 24 bytes may follow the data.
void ZipCheck::gap(const ZipEntry& entry, std::uint64_t dataEnd, std::uint64_t at) {
    constexpr std::uint64_t kLongestDescriptor = 24;
    const std::uint64_t bytes = entry.regionEnd - dataEnd;
    if (bytes <= ((entry.flags & zip_records::kFlagDescriptor) != 0 ? kLongestDescriptor : 0)) return;
    context_.find(rules::kZipGap, {files_.back().name, std::string(entry.name), at + dataEnd, false},
                  fmt::format("{} bytes between this member and the next belong to none", bytes));
}

void ZipCheck::addMember(const ZipEntry& entry, std::uint64_t data, std::uint64_t at) {
    Member member;
    member.file = static_cast<std::uint32_t>(files_.size() - 1);
    member.deflated = entry.method == zip_records::kDeflated;
    member.data = at + data;
    member.stored = entry.storedBytes;
    member.bytes = entry.bytes;
    member.crc = entry.crc32;
    member.name = entry.name;
    members_.push_back(member);
    bytes_ += entry.bytes;
}

void ZipCheck::cutIntoPieces() {
    for (std::uint32_t i = 0; i < members_.size(); ++i) {
        const Member& member = members_[i];
        // Deflated data can only be read from its start.
        const std::uint64_t step = member.deflated ? std::max<std::uint64_t>(member.bytes, 1) : kPieceBytes;
        std::uint64_t at = 0;
        do {
            pieces_.push_back({i, at, std::min(step, member.bytes - at), 0, false});
            at += step;
        } while (at < member.bytes);
    }
    errors_.resize(pieces_.size());
}

Result<void> ZipCheck::sum(Piece& piece, std::span<std::byte> buffer) const {
    const Member& member = members_[piece.member];
    const InputFile& file = files_[member.file].mapping->file();
    std::optional<InflateStream> stream;
    if (member.deflated) stream.emplace(file, member.data, member.stored, member.bytes);
    for (std::uint64_t done = 0; done < piece.bytes;) {
        if (context_.stop.stop_requested()) return cancelled();
        const auto part =
            buffer.first(static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), piece.bytes - done)));
        TRY_VOID(stream ? stream->readAt(done, part) : file.readAt(member.data + piece.offset + done, part));
        piece.crc = crc32(piece.crc, part);
        done += part.size();
        context_.progress.advance(part.size());
    }
    return {};
}

Result<void> ZipCheck::run() {
    cutIntoPieces();
    const auto makeWork = [this]() -> ItemWork {
        const auto buffer = std::make_shared<std::vector<std::byte>>(kBufferBytes);
        return [this, buffer](std::size_t i) -> Result<void> {
            auto done = sum(pieces_[i], *buffer);
            if (done || done.error().code == Errc::Cancelled) return done;
            // The other members are worth checking all the same.
            pieces_[i].failed = true;
            errors_[i] = std::move(done.error());
            return {};
        };
    };
    TRY_VOID(runWorkers(pieces_.size(), context_.threads, makeWork, context_.stop));
    compare();
    return {};
}

void ZipCheck::compare() {
    std::uint64_t checked = 0;
    for (std::size_t i = 0; i < pieces_.size();) {
        const std::uint32_t number = pieces_[i].member;
        const Member& member = members_[number];
        std::uint32_t crc = 0;
        bool failed = false;
        for (; i < pieces_.size() && pieces_[i].member == number; ++i) {
            crc = crc32Combine(crc, pieces_[i].crc, pieces_[i].bytes);
            if (!pieces_[i].failed || failed) continue;
            failed = true;
            Place place = placeOf(member);
            if (errors_[i].offset != kNoOffset) place.offset = errors_[i].offset;
            context_.find(rules::kReadFailed, std::move(place), errors_[i].what);
        }
        if (failed) continue;
        ++checked;
        if (crc != member.crc)
            context_.find(rules::kZipCrc, placeOf(member),
                          fmt::format("its bytes have CRC-32 {:08x}, the directory says {:08x}", crc, member.crc));
    }
    if (checked > 0) context_.report.done.push_back(fmt::format("header and CRC-32 of {} zip members", checked));
    context_.report.bytesRead += bytes_;
}

Place ZipCheck::placeOf(const Member& member) const {
    return {files_[member.file].name, std::string(member.name), member.data, false};
}

}  // namespace plimsoll
