// SPDX-License-Identifier: GPL-3.0-or-later
#include "findings/scan_context.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/limits.h"

namespace plimsoll {

namespace {

// Names are for people: a hostile one of 64 KB is not kept for each finding.
std::string insideOf(const std::string& outer, std::string_view name) {
    constexpr std::size_t kLongest = 512;
    if (name.size() > kLongest) name = name.substr(0, kLongest);
    return outer.empty() ? std::string(name) : fmt::format("{}!{}", outer, name);
}

}  // namespace

Place Region::at(std::uint64_t inside) const {
    Place there = place;
    there.offset = place.offset + inside;
    return there;
}

Region Region::part(std::uint64_t offset, std::uint64_t count) const {
    return {bytes.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(count)), at(offset), depth,
            carved};
}

Region Region::member(std::string_view name, std::uint64_t offset, std::uint64_t count) const {
    Region inner = part(offset, count);
    inner.place.member = insideOf(place.member, name);
    inner.depth = depth + 1;
    return inner;
}

Region Region::unpackedMember(std::string_view name, std::span<const std::byte> made) const {
    return {made, {place.file, insideOf(place.member, name), 0, true}, depth + 1};
}

void ScanContext::find(const Rule& rule, Place place, std::string message) {
    if (file_.findings.size() < limits::kScanRows)
        return file_.findings.emplace_back(rule, std::move(place), std::move(message)), void();
    if (file_.findings.size() == limits::kScanRows)
        skip(std::move(place), fmt::format("more than {} findings are not listed", limits::kScanRows));
}

void ScanContext::skip(Place place, std::string reason) {
    if (file_.skipped.size() < limits::kScanRows) file_.skipped.push_back({std::move(place), std::move(reason)});
}

void ScanContext::addGlobals(const Region& pickle, const std::vector<GlobalRef>& globals) {
    for (const auto& global : globals) {
        if (file_.globals.size() == limits::kPickleGlobals)
            return skip(pickle.place, fmt::format("more than {} names are not listed", limits::kPickleGlobals));
        if (!pickle.place.unpacked && !seen_.emplace(global.offset, global.dynamic, global.module, global.name).second)
            continue;
        ScannedGlobal& row = file_.globals.emplace_back(ScannedGlobal{global, pickle.place});
        row.place.offset = global.offset;
    }
}

std::uint64_t ScanContext::unpackAllowance() const noexcept {
    const std::uint64_t left = unpackBytes_ - std::min(unpacked_, unpackBytes_);
    const std::uint64_t room = limits::kScanHeldBytes - std::min(held_, limits::kScanHeldBytes);
    return std::min({left, room, limits::kInflatedMemberBytes});
}

bool ScanContext::mayFollow(std::uint64_t bytes) noexcept {
    constexpr std::uint64_t kTimesTheFile = 64;
    followed_ += bytes;
    return followed_ / kTimesTheFile <= file_.bytes + limits::MiB;
}

}  // namespace plimsoll
