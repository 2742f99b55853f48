// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <memory>
#include <vector>

#include <fmt/format.h>
#define ZLIB_CONST
#include <zlib.h>

#include "base/checked.h"
#include "findings/rules.h"
#include "findings/scan_context.h"
#include "formats/torch_tar/tar_header.h"

namespace plimsoll {

namespace {

struct Unpacked {
    std::vector<std::byte> bytes;
    std::uint64_t used = 0;  // packed bytes
    enum class End : std::uint8_t { Whole, Limit, Damaged } end = End::Whole;
};

constexpr int kRawDeflate = -MAX_WBITS;
constexpr int kAnyHeader = MAX_WBITS + 32;  // zlib or gzip, by what is there

// Inflates one stream into at most `most` bytes. What came out before damage is kept: a loader may get as far.
Unpacked inflate(std::span<const std::byte> packed, std::uint64_t most, int window, const ScanContext& context) {
    constexpr std::size_t kStep = 1U << 20U;
    Unpacked out;
    z_stream stream{};
    if (::inflateInit2(&stream, window) != Z_OK) return out.end = Unpacked::End::Damaged, out;
    const std::unique_ptr<z_stream, int (*)(z_stream*)> owner(&stream, ::inflateEnd);
    int code = Z_OK;
    std::size_t made = 0;
    while (code == Z_OK && !context.stopped()) {
        if (stream.avail_in == 0) {
            const auto rest =
                packed.subspan(static_cast<std::size_t>(out.used))
                    .first(std::min<std::size_t>(packed.size() - static_cast<std::size_t>(out.used), kStep));
            stream.next_in = reinterpret_cast<const Bytef*>(rest.data());
            stream.avail_in = static_cast<uInt>(rest.size());
            out.used += rest.size();
        }
        if (made == most) {
            out.end = Unpacked::End::Limit;
            break;
        }
        if (made == out.bytes.size())
            out.bytes.resize(
                std::min<std::size_t>(std::max<std::size_t>(4096, 2 * made), static_cast<std::size_t>(most)));
        stream.next_out = reinterpret_cast<Bytef*>(out.bytes.data() + made);
        stream.avail_out = static_cast<uInt>(std::min<std::size_t>(out.bytes.size() - made, kStep));
        const auto before = stream.avail_out;
        code = ::inflate(&stream, Z_NO_FLUSH);
        made += before - stream.avail_out;
    }
    out.used -= stream.avail_in;
    out.bytes.resize(made);
    if (out.end != Unpacked::End::Limit && code != Z_STREAM_END) out.end = Unpacked::End::Damaged;
    return out;
}

// Looks into what came out, and says what did not.
void scanUnpacked(ScanContext& context, const Region& outer, std::string_view name, const Unpacked& unpacked,
                  Role role) {
    const ScanContext::Unpacked held(context, unpacked.bytes.size());
    const Region inner = outer.unpackedMember(name, unpacked.bytes);
    if (role == Role::Record && !name.empty())
        scanMember(context, inner, name);
    else
        scanContent(context, inner, role);
    if (unpacked.end == Unpacked::End::Limit)
        context.skip(inner.at(unpacked.bytes.size()),
                     fmt::format("only the first {} bytes were unpacked", unpacked.bytes.size()));
    if (unpacked.end == Unpacked::End::Damaged && !context.stopped())
        context.skip(inner.at(unpacked.bytes.size()), "the compressed data is damaged here or ends too early");
}

}  // namespace

void scanCompressed(ScanContext& context, const Region& region, Role role) {
    const auto unpacked = inflate(region.bytes, context.unpackAllowance(), kAnyHeader, context);
    // Two bytes that look like zlib's are nothing; data that comes out is.
    if (unpacked.bytes.empty() && unpacked.end == Unpacked::End::Damaged) {
        if (!scanPickles(context, region, role) && (role == Role::File || role == Role::Pickle))
            context.skip(region.place, "it starts as compressed data and cannot be unpacked");
        return;
    }
    scanUnpacked(context, region, "", unpacked, role == Role::File ? Role::Pickle : role);
    if (unpacked.end != Unpacked::End::Whole || unpacked.used == region.bytes.size()) return;
    Region behind = region.part(unpacked.used, region.bytes.size() - unpacked.used);
    ++behind.depth;
    scanContent(context, behind, Role::Leftover);
}

std::optional<std::uint64_t> scanDeflated(ScanContext& context, const Region& outer, std::string_view name,
                                          std::span<const std::byte> packed, std::optional<std::uint64_t> expected) {
    const std::uint64_t most = context.unpackAllowance();
    auto unpacked = inflate(packed, most, kRawDeflate, context);
    if (unpacked.bytes.empty() && unpacked.end == Unpacked::End::Damaged) return std::nullopt;
    scanUnpacked(context, outer, name, unpacked, Role::Record);
    if (expected && unpacked.end == Unpacked::End::Whole && unpacked.bytes.size() != *expected) {
        Place place = outer.place;
        place.member = outer.unpackedMember(name, {}).place.member;
        context.find(rules::kZipHeader, std::move(place),
                     fmt::format("it inflates to {} bytes, the archive says {}", unpacked.bytes.size(), *expected));
    }
    return unpacked.used;
}

void scanTar(ScanContext& context, const Region& region) {
    std::uint64_t at = 0;
    while (!context.stopped() && fitsWithin(at, TarHeader::kBlock, region.bytes.size())) {
        const auto block = region.bytes.subspan(static_cast<std::size_t>(at), TarHeader::kBlock);
        const bool isBlank = std::ranges::all_of(block, [](std::byte b) { return b == std::byte{0}; });
        const auto header = isBlank ? std::nullopt : TarHeader::parse(block);
        if (!isBlank && !header) break;
        at += TarHeader::kBlock;
        if (!header) continue;
        const std::uint64_t there = std::min(header->bytes, region.bytes.size() - at);
        const Region content = region.member(header->name, at, there);
        if (header->isFile()) scanMember(context, content, header->name);
        if (there < header->bytes)
            context.skip(content.at(there), fmt::format("the member ends after {} of {} bytes", there, header->bytes));
        at += std::min(alignUp(there, TarHeader::kBlock), region.bytes.size() - at);
    }
    if (context.stopped() || at == region.bytes.size()) return;
    Region behind = region.part(at, region.bytes.size() - at);
    ++behind.depth;
    context.find(rules::kTrailingData, behind.place,
                 fmt::format("{} bytes follow the members of the tar archive", behind.bytes.size()));
    scanContent(context, behind, Role::Leftover);
}

}  // namespace plimsoll
