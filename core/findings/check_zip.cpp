// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <functional>
#include <iterator>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "base/byte_cursor.h"
#include "base/checked.h"
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
    for (const auto& one : row) {
        if (const auto zip = ZipReader::open(
                bytes.subspan(static_cast<std::size_t>(one.offset), static_cast<std::size_t>(one.bytes))))
            addArchive(*zip, one.offset);
    }
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
    cutIntoPieces(member);
    members_.push_back(member);
    bytes_ += entry.bytes;
}

void ZipCheck::cutIntoPieces(Member& member) {
    member.firstPiece = static_cast<std::uint32_t>(pieces_.size());
    // Deflated data can only be read from its start.
    const std::uint64_t step = member.deflated ? std::max<std::uint64_t>(member.bytes, 1) : kPieceBytes;
    std::uint64_t at = 0;
    do {
        pieces_.push_back(
            {static_cast<std::uint32_t>(members_.size()), at, std::min(step, member.bytes - at), 0, false});
        at += step;
    } while (at < member.bytes);
}

const ZipCheck::Member* ZipCheck::memberOf(const ElementRun& run) const {
    const auto isBehind = [&](const ElementRun& wanted, std::uint32_t i) {
        const MappedFile* const file = files_[members_[i].file].mapping.get();
        return file == wanted.file ? wanted.at < members_[i].data : std::less<>()(wanted.file, file);
    };
    const auto next = std::upper_bound(byPlace_.begin(), byPlace_.end(), run, isBehind);
    if (next == byPlace_.begin()) return nullptr;
    const Member& member = members_[*std::prev(next)];
    if (files_[member.file].mapping.get() != run.file || member.deflated != run.deflated) return nullptr;
    if (run.memberAt != kNoOffset && run.memberAt != member.data) return nullptr;
    const std::uint64_t offset = run.at - member.data + run.skipped;
    // Blocks, and so parts, are cut at multiples of every element.
    const std::uint64_t elementBytes = bitWidth(values_->dtype(run.tensor)) / 8;
    const bool isCut = offset % elementBytes != 0 || kBufferBytes % elementBytes != 0;
    return isCut || !fitsWithin(offset, run.bytes, member.bytes) ? nullptr : &member;
}

bool ZipCheck::addParts(std::span<const ElementRun> runs) {
    const std::size_t before = parts_.size();
    for (const ElementRun& run : runs) {
        const Member* const member = memberOf(run);
        if (member == nullptr) {
            parts_.resize(before);
            return false;
        }
        const std::uint64_t end = run.at - member->data + run.skipped + run.bytes;
        std::uint64_t at = end - run.bytes;
        std::uint64_t piece = member->firstPiece + (member->deflated ? 0 : at / kPieceBytes);
        for (; at < end; ++piece) {
            const Piece& in = pieces_[static_cast<std::size_t>(piece)];
            const std::uint64_t here = std::min(end, in.offset + in.bytes) - at;
            parts_.push_back({static_cast<std::uint32_t>(piece), run.tensor, at, here});
            at += here;
        }
    }
    return true;
}

void ZipCheck::sumValues(ValueCheck& values) {
    values_ = &values;
    byPlace_.resize(members_.size());
    std::iota(byPlace_.begin(), byPlace_.end(), 0U);
    const auto placeOf = [this](std::uint32_t i) {
        return std::pair(files_[members_[i].file].mapping.get(), members_[i].data);
    };
    std::ranges::sort(byPlace_, std::less<>(), placeOf);
    const auto runs = values.runs();
    for (auto first = runs.begin(); first != runs.end();) {
        const auto last = std::find_if(first, runs.end(), [&](const auto& run) { return run.tensor != first->tensor; });
        if (addParts({first, last})) values.leaveOut(first->tensor);
        first = last;
    }
    std::ranges::sort(parts_, {}, [](const Part& part) { return std::pair(part.piece, part.offset); });
}

// What the blocks of one piece add to the sums of tensors.
class ZipCheck::PartSums {
public:
    PartSums(ValueCheck* values, std::span<const Part> parts) : values_(values), parts_(parts) {
        for (const Part& part : parts) stats_.emplace_back(values->dtype(part.tensor));
    }

    // Blocks in their order.
    void add(std::uint64_t offset, std::span<const std::byte> block) {
        const std::uint64_t blockEnd = offset + block.size();
        while (done_ < parts_.size() && parts_[done_].offset + parts_[done_].bytes <= offset) ++done_;
        for (std::size_t i = done_; i < parts_.size() && parts_[i].offset < blockEnd; ++i) {
            const Part& part = parts_[i];
            const std::uint64_t partEnd = part.offset + part.bytes;
            const std::uint64_t from = std::max(offset, part.offset);
            const std::uint64_t to = std::min(blockEnd, partEnd);
            if (from >= to) continue;
            if (!stats_[i].add(
                    block.subspan(static_cast<std::size_t>(from - offset), static_cast<std::size_t>(to - from))))
                values_->readApart(part.tensor);
            if (to == partEnd) values_->add(part.tensor, stats_[i].result());
        }
        at_ = blockEnd;
    }
    // The rest cannot be read: others try it, and tell what is wrong.
    void giveUp() {
        for (const Part& part : parts_)
            if (part.offset + part.bytes > at_) values_->readApart(part.tensor);
    }

private:
    ValueCheck* values_;
    std::span<const Part> parts_;
    std::vector<StatsAccumulator> stats_;
    std::size_t done_ = 0;  // parts before it have ended
    std::uint64_t at_ = 0;  // content up to here was added
};

std::span<const ZipCheck::Part> ZipCheck::partsOf(std::size_t piece) const {
    const auto pieceOf = [](const Part& part) { return std::size_t{part.piece}; };
    // Not equal_range: clang 14 cannot read the subrange of libstdc++ 12.
    return {std::ranges::lower_bound(parts_, piece, {}, pieceOf), std::ranges::upper_bound(parts_, piece, {}, pieceOf)};
}

Result<void> ZipCheck::sum(Piece& piece, PartSums& sums, std::span<std::byte> buffer) const {
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
        sums.add(piece.offset + done, part);
        done += part.size();
        context_.progress.advance(part.size());
    }
    return {};
}

Result<void> ZipCheck::run() {
    errors_.resize(pieces_.size());
    const auto makeWork = [this]() -> ItemWork {
        const auto buffer = std::make_shared<std::vector<std::byte>>(kBufferBytes);
        return [this, buffer](std::size_t i) -> Result<void> {
            PartSums sums(values_, partsOf(i));
            auto done = sum(pieces_[i], sums, *buffer);
            if (done || done.error().code == Errc::Cancelled) return done;
            sums.giveUp();
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
