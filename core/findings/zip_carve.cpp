// SPDX-License-Identifier: GPL-3.0-or-later
// Archives whose directory cannot be trusted: every member that any reader could find, by the signatures of its
// headers.
#include <algorithm>
#include <optional>
#include <unordered_map>

#include <fmt/format.h>

#include "base/byte_cursor.h"
#include "base/checked.h"
#include "base/limits.h"
#include "findings/rules.h"
#include "findings/scan_context.h"
#include "zip/zip_records.h"

namespace plimsoll {

namespace {

using namespace zip_records;

constexpr std::string_view kLocalMark("PK\x03\x04", 4);
constexpr std::string_view kDirectoryMark("PK\x01\x02", 4);
constexpr std::string_view kEndMark("PK\x05\x06", 4);
constexpr std::string_view kDescriptorMark("PK\x07\x08", 4);

struct Stated {
    std::uint64_t stored = 0;  // bytes
    std::uint16_t method = 0;
};

struct Local {
    std::string_view name;
    std::uint64_t extra = 0;  // offset
    std::uint64_t data = 0;   // offset
    Stated stated;
    std::uint16_t flags = 0;
};

bool isPrintable(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

class ZipCarve {
public:
    ZipCarve(ScanContext& context, const Region& region)
        : context_(context), region_(region), text_(asText(region.bytes)) {
        region_.carved = true;
    }

    // The search goes on inside of members: their sizes may lie.
    void run() {
        readDirectory();
        for (std::size_t at = text_.find("PK"); at != std::string_view::npos && !context_.stopped();
             at = text_.find("PK", at + 2)) {
            const auto mark = text_.substr(at, 4);
            if (mark == kLocalMark)
                member(at);
            else if (mark == kDirectoryMark)
                directoryRecord(at);
            else if (mark == kEndMark)
                endRecord(at);
        }
        if (!context_.stopped()) uncovered(text_.size());
    }

private:
    // Another size, or another way of packing, that the directory states for the same bytes.
    static constexpr int kOtherViews = 4;

    [[nodiscard]] std::uint64_t number(std::size_t at, std::size_t width) const {
        std::uint64_t value = 0;
        for (std::size_t i = 0; i < width; ++i)
            value |= static_cast<std::uint64_t>(static_cast<unsigned char>(text_[at + i])) << (8 * i);
        return value;
    }

    // What directories state about the header at an offset: the sizes that a reader takes which trusts them.
    void readDirectory() {
        for (std::size_t at = text_.find(kDirectoryMark); at != std::string_view::npos && !context_.stopped();
             at = text_.find(kDirectoryMark, at + 4)) {
            if (!fitsWithin(at, kDirectoryBytes, text_.size()) || directory_.size() >= limits::kZipEntries) return;
            directory_.emplace(number(at + 42, 4),
                               Stated{number(at + 20, 4), static_cast<std::uint16_t>(number(at + 10, 2))});
        }
    }

    // Records may lie over each other: each may state 64 KiB.
    bool mayLook(std::uint64_t at, std::uint64_t bytes) {
        if (context_.mayFollow(bytes)) return true;
        context_.skip(region_.at(at), "records lie over each other: too much to search");
        return false;
    }

    void extraField(std::uint64_t at, std::uint64_t bytes) {
        if (bytes > 0 && mayLook(at, bytes)) scanZipExtra(context_, region_.part(at, bytes));
    }

    // A record of the directory; its comment is looked at like anything between members, as that of the end record.
    void directoryRecord(std::size_t at) {
        if (!fitsWithin(at, kDirectoryBytes, text_.size())) return;
        uncovered(at);
        const std::uint64_t name = at + kDirectoryBytes;
        const std::uint64_t extra = name + number(at + 28, 2);
        const std::uint64_t extraBytes = number(at + 30, 2);
        if (!fitsWithin(extra, extraBytes, text_.size())) {
            covered_ = std::max<std::size_t>(covered_, name);
            return;
        }
        // A record that something was written over may still look whole.
        if (!isPrintable(text_.substr(name, extra - name)) && mayLook(name, extra - name))
            scanContent(context_, region_.part(name, extra - name), Role::Leftover);
        extraField(extra, extraBytes);
        covered_ = std::max<std::size_t>(covered_, extra + extraBytes);
    }

    void endRecord(std::size_t at) {
        if (!fitsWithin(at, kEndBytes, text_.size())) return;
        uncovered(at);
        covered_ = std::max(covered_, at + kEndBytes);
    }

    [[nodiscard]] std::optional<Local> readLocal(std::size_t at) const {
        if (!fitsWithin(at, kLocalBytes, text_.size())) return std::nullopt;
        const auto nameBytes = number(at + 26, 2);
        const auto extraBytes = number(at + 28, 2);
        if (!fitsWithin(at + kLocalBytes, nameBytes + extraBytes, text_.size())) return std::nullopt;
        Local local;
        local.name = text_.substr(at + kLocalBytes, static_cast<std::size_t>(nameBytes));
        local.extra = at + kLocalBytes + nameBytes;
        local.data = local.extra + extraBytes;
        local.stated = {number(at + 18, 4), static_cast<std::uint16_t>(number(at + 8, 2))};
        local.flags = static_cast<std::uint16_t>(number(at + 6, 2));
        return local;
    }

    void member(std::size_t at) {
        const auto local = readLocal(at);
        if (!local) return;
        uncovered(at);
        extraField(local->extra, local->data - local->extra);
        if ((local->flags & kFlagsUnreadable) != 0)
            context_.skip(region_.member(local->name, local->data, 0).place,
                          fmt::format("marked as encrypted or patched (flags {:#06x})", local->flags));
        const std::uint64_t used = local->stated.method == kDeflated ? deflated(*local) : 0;
        const std::uint64_t bytes = used > 0 ? used : stored(*local, local->stated.stored);
        otherViews(*local, at, bytes);
        covered_ = std::max(covered_, static_cast<std::size_t>(local->data + bytes));
    }

    std::uint64_t deflated(const Local& local) {
        const auto packed = region_.bytes.subspan(static_cast<std::size_t>(local.data));
        return scanDeflated(context_, region_, local.name, packed, std::nullopt).value_or(0);
    }

    // Gives how many bytes the member has here.
    std::uint64_t stored(const Local& local, std::uint64_t bytes) {
        const std::uint64_t left = text_.size() - local.data;
        // Sizes that stand behind the data, or in a zip64 field: up to the next header.
        if (((local.flags & kFlagDescriptor) != 0 && bytes == 0) || bytes == kMax32) bytes = nextHeader(local.data);
        const Region content = region_.member(local.name, local.data, std::min(bytes, left));
        if (bytes > left)
            context_.skip(content.at(left), fmt::format("the member ends after {} of {} bytes", left, bytes));
        // The search for members comes through an archive inside anyway.
        if (!asText(content.bytes).starts_with(kLocalMark)) scanMember(context_, content, local.name);
        return content.bytes.size();
    }

    void otherViews(const Local& local, std::size_t at, std::uint64_t bytes) {
        int views = 0;
        const auto range = directory_.equal_range(at);
        for (auto entry = range.first; entry != range.second && views < kOtherViews; ++entry, ++views) {
            const Stated& other = entry->second;
            if (other.method == kDeflated && local.stated.method != kDeflated)
                (void)deflated(local);
            else if (other.stored != bytes && other.stored != kMax32)
                (void)stored(local, other.stored);
        }
    }

    // Bytes from an offset to the next header of any kind.
    [[nodiscard]] std::uint64_t nextHeader(std::uint64_t from) const {
        for (std::size_t at = text_.find("PK", static_cast<std::size_t>(from)); at != std::string_view::npos;
             at = text_.find("PK", at + 2)) {
            const auto mark = text_.substr(at, 4);
            if (mark == kLocalMark || mark == kDirectoryMark || mark == kEndMark || mark == kDescriptorMark)
                return at - from;
        }
        return text_.size() - from;
    }

    // Bytes between what was recognised: descriptors are too short to hold anything.
    void uncovered(std::size_t end) {
        constexpr std::size_t kLongestDescriptor = 24;
        if (end <= covered_ || end - covered_ <= kLongestDescriptor) return;
        Region between = region_.part(covered_, end - covered_);
        ++between.depth;
        covered_ = end;
        // A region without any header was handed here as such.
        if (between.bytes.size() < region_.bytes.size())
            context_.find(rules::kZipGap, between.place,
                          fmt::format("{} bytes belong to no member", between.bytes.size()));
        // What starts as an archive has no header that holds: nothing of it can be read.
        if (!asText(between.bytes).starts_with("PK")) scanContent(context_, between, Role::Leftover);
    }

    ScanContext& context_;
    Region region_;
    std::string_view text_;
    std::unordered_multimap<std::uint64_t, Stated> directory_;
    std::size_t covered_ = 0;
};

}  // namespace

void carveZip(ScanContext& context, const Region& region) {
    if (region.depth > limits::kScanDepth)
        return context.skip(region.place, fmt::format("nested deeper than {} levels", limits::kScanDepth));
    // Members that lie over each other are each looked into once, not once more inside every other.
    if (region.carved) return;
    if (!context.mayFollow(region.bytes.size()))
        return context.skip(region.place, "archives lie over each other: too much to search");
    ZipCarve(context, region).run();
}

}  // namespace plimsoll
