// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/limits.h"
#include "findings/scan_report.h"

namespace plimsoll {

class ZipReader;
struct ZipEntry;

// A run of bytes that may be anything, and where it came from.
struct Region {
    std::span<const std::byte> bytes;
    Place place;              // of bytes[0]
    std::uint32_t depth = 0;  // containers around it
    bool carved = false;      // a search for zip members comes through it anyway

    // The place of a byte of it.
    [[nodiscard]] Place at(std::uint64_t inside) const;
    // A part of it, in the same member.
    [[nodiscard]] Region part(std::uint64_t offset, std::uint64_t bytes) const;
    // A part that is a member of its own, one level deeper: "outer!name".
    [[nodiscard]] Region member(std::string_view name, std::uint64_t offset, std::uint64_t bytes) const;
    // Bytes that were made from a part of it, as a member of its own.
    [[nodiscard]] Region unpackedMember(std::string_view name, std::span<const std::byte> made) const;
};

// What a region is to what it was found in; decides how much has to be there to call it a pickle.
enum class Role : std::uint8_t {
    File,      // a whole file: what nothing knows counts as skipped
    Pickle,    // named like a pickle: one that breaks counts as skipped
    Record,    // any other member
    Leftover,  // belongs to nothing: a pickle may start anywhere in it
    Storage,   // the bytes of a tensor: only a whole pickle that imports something counts
    Constant,  // a text or bytes inside a pickle: likewise
};

// Where a scan of one file collects what it finds, and its limits.
class ScanContext {
public:
    //   unpackBytes  of compressed content, in all
    ScanContext(ScannedFile& file, std::stop_token stop, std::uint64_t unpackBytes = limits::kScanUnpackedBytes)
        : file_(file), stop_(std::move(stop)), unpackBytes_(unpackBytes) {}

    void find(const Rule& rule, Place place, std::string message);
    void skip(Place place, std::string reason);
    void addGlobals(const Region& pickle, const std::vector<GlobalRef>& globals);
    void countPickle() noexcept { ++file_.pickles; }

    // Bytes that may be unpacked next.
    [[nodiscard]] std::uint64_t unpackAllowance() const noexcept;
    // Counts unpacked bytes: against what one file may have in all, and while it lives against what is held at once.
    class Unpacked {
    public:
        Unpacked(ScanContext& context, std::uint64_t bytes) noexcept : context_(context), bytes_(bytes) {
            context_.unpacked_ += bytes;
            context_.held_ += bytes;
        }
        ~Unpacked() { context_.held_ -= bytes_; }
        Unpacked(const Unpacked&) = delete;
        Unpacked& operator=(const Unpacked&) = delete;

    private:
        ScanContext& context_;
        std::uint64_t bytes_;
    };

    // Counts bytes of pickles that were followed and of archives that were searched. False once they are many times the
    // file's: a hostile archive lays members over each other.
    [[nodiscard]] bool mayFollow(std::uint64_t bytes) noexcept;

    [[nodiscard]] const std::stop_token& stopToken() const noexcept { return stop_; }
    [[nodiscard]] bool stopped() const noexcept { return stop_.stop_requested(); }
    // Where the storages of a legacy torch file end, if that is known.
    std::optional<std::uint64_t> storagesEnd;

private:
    ScannedFile& file_;
    std::stop_token stop_;
    std::uint64_t unpackBytes_;
    std::uint64_t unpacked_ = 0;
    std::uint64_t held_ = 0;
    std::uint64_t followed_ = 0;
    // Globals of the file's own bytes: the same pickle can be reached as a member and as what lies between members.
    std::set<std::tuple<std::uint64_t, bool, std::string, std::string>> seen_;
};

// Looks into a region, whatever it is: content decides, not its name.
void scanContent(ScanContext& context, const Region& region, Role role);

// The kinds of content, each in its own file. They are handed what looks like theirs.
void scanZip(ScanContext& context, const Region& region);
// One member of a region that is a sound archive, and what lies around it.
void scanZipMember(ScanContext& context, const Region& region, const ZipReader& zip, const ZipEntry& entry);
// Of such an archive: what lies around the content of one member, extra field and gap; and the extra fields, comments
// and end records of the directory.
void scanZipAround(ScanContext& context, const Region& region, const ZipReader& zip, const ZipEntry& entry);
void scanZipDirectory(ScanContext& context, const Region& region, const ZipReader& zip);
// The extra field of a member in either place.
void scanZipExtra(ScanContext& context, const Region& extra);
// Members are looked for by their signatures: what a damaged or contradictory archive holds for any reader.
void carveZip(ScanContext& context, const Region& region);
void scanTar(ScanContext& context, const Region& region);
void scanCompressed(ScanContext& context, const Region& region, Role role);
// Pickles one after the other, constants inside them, and what follows. False where the region holds none.
bool scanPickles(ScanContext& context, const Region& region, Role role);
// Whole pickles with a protocol number that start anywhere in the region: a program that knows where would load them.
void searchPickles(ScanContext& context, Region region);

// A zip or tar member by its name and content.
void scanMember(ScanContext& context, const Region& region, std::string_view name);
// Deflated data, which is unpacked as far as the limits allow.
//   expected  size that the archive states; nothing where that is not known
// Gives the packed bytes that were used; nothing where it is no deflate stream at all.
std::optional<std::uint64_t> scanDeflated(ScanContext& context, const Region& outer, std::string_view name,
                                          std::span<const std::byte> packed, std::optional<std::uint64_t> expected);

}  // namespace plimsoll
