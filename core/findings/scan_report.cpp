// SPDX-License-Identifier: GPL-3.0-or-later
#include "findings/scan_report.h"

#include <algorithm>

#include <fmt/format.h>

#include "findings/rules.h"

namespace plimsoll {

namespace {

const Rule& ruleOf(const GlobalRef& global) noexcept {
    if (global.dynamic) return rules::kDynamicGlobal;
    return global.verdict == Verdict::Dangerous ? rules::kDangerousGlobal : rules::kSuspiciousGlobal;
}

Finding findingOf(const ScannedGlobal& scanned) {
    const GlobalRef& global = scanned.global;
    const std::string name = global.dynamic ? "a name" : fmt::format("{}.{}", global.module, global.name);
    return {ruleOf(global), scanned.place, fmt::format("{}: {}", name, global.reason)};
}

std::string counted(std::size_t count, std::string_view one, std::string_view many) {
    return fmt::format("{} {}", count, count == 1 ? one : many);
}

}  // namespace

std::string_view scanVerdictName(ScanVerdict verdict) noexcept {
    switch (verdict) {
        case ScanVerdict::Clean:
            return "clean";
        case ScanVerdict::Incomplete:
            return "incomplete";
        case ScanVerdict::Suspicious:
            return "suspicious";
        case ScanVerdict::Dangerous:
            return "dangerous";
    }
    return "incomplete";
}

ScanVerdict ScannedFile::verdict() const noexcept {
    ScanVerdict worst = unreadable || !skipped.empty() ? ScanVerdict::Incomplete : ScanVerdict::Clean;
    for (const auto& finding : findings)
        if (finding.severity != Severity::Note) worst = std::max(worst, ScanVerdict::Suspicious);
    for (const auto& scanned : globals) {
        if (scanned.global.verdict == Verdict::Suspicious) worst = std::max(worst, ScanVerdict::Suspicious);
        if (scanned.global.verdict == Verdict::Dangerous) worst = ScanVerdict::Dangerous;
    }
    return worst;
}

std::string ScannedFile::verdictReason() const {
    if (unreadable) return unreadable->what;
    const auto named = [this](Verdict verdict) {
        return static_cast<std::size_t>(std::ranges::count_if(
            globals, [=](const ScannedGlobal& scanned) { return scanned.global.verdict == verdict; }));
    };
    const auto odd = static_cast<std::size_t>(
        std::ranges::count_if(findings, [](const Finding& finding) { return finding.severity != Severity::Note; }));
    std::string text;
    const auto add = [&](std::size_t count, std::string_view one, std::string_view many) {
        if (count > 0) text += (text.empty() ? "" : ", ") + counted(count, one, many);
    };
    add(named(Verdict::Dangerous), "dangerous name", "dangerous names");
    add(named(Verdict::Suspicious), "suspicious name", "suspicious names");
    add(odd, "flaw of structure", "flaws of structure");
    add(skipped.size(), "part was not looked into", "parts were not looked into");
    if (!text.empty()) return text;
    if (pickles == 0) return content.empty() ? "no pickle inside" : content + ", no pickle inside";
    return counted(pickles, "pickle", "pickles") + ", every name is on the allow-list";
}

ScanVerdict ScanReport::verdict() const noexcept {
    ScanVerdict worst = ScanVerdict::Clean;
    for (const auto& file : files) worst = std::max(worst, file.verdict());
    return worst;
}

bool ScanReport::anyUnreadable() const noexcept {
    return std::ranges::any_of(files, [](const ScannedFile& file) { return file.unreadable.has_value(); });
}

std::vector<Finding> allFindings(const ScannedFile& file) {
    std::vector<Finding> all;
    for (const auto& scanned : file.globals)
        if (scanned.global.verdict != Verdict::Safe) all.push_back(findingOf(scanned));
    for (const auto& skipped : file.skipped) all.emplace_back(rules::kSkipped, skipped.place, skipped.reason);
    all.insert(all.end(), file.findings.begin(), file.findings.end());
    std::ranges::stable_sort(all, std::ranges::greater{}, &Finding::severity);
    return all;
}

}  // namespace plimsoll
