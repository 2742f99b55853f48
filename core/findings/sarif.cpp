// SPDX-License-Identifier: GPL-3.0-or-later
#include "findings/sarif.h"

#include <nlohmann/json.hpp>

#include "findings/rules.h"

namespace plimsoll {

namespace {

using nlohmann::json;

constexpr std::string_view kSchema = "https://json.schemastore.org/sarif-2.1.0.json";

bool isUnreserved(unsigned char c) {
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '-' || c == '.' || c == '_' ||
           c == '~' || c == '/';
}

// A relative URI reference: other bytes as %XX, and no first part that could be read as a scheme.
std::string uriOf(std::string_view path) {
    constexpr std::string_view kHex = "0123456789ABCDEF";
    std::string uri;
    for (const char c : path) {
        const auto byte = static_cast<unsigned char>(c);
        if (isUnreserved(byte)) {
            uri += c;
        } else {
            uri += '%';
            uri += kHex[byte >> 4];
            uri += kHex[byte & 15];
        }
    }
    return uri;
}

json ruleObject(const Rule& rule) {
    return {{"id", rule.id},
            {"shortDescription", {{"text", rule.summary}}},
            {"defaultConfiguration", {{"level", severityName(rule.severity)}}}};
}

json locationOf(const Place& place) {
    json physical = {{"artifactLocation", {{"uri", uriOf(place.file)}}}};
    // An offset into what was unpacked is none into the file.
    if (place.offset != kNoOffset && !place.unpacked) physical["region"] = {{"byteOffset", place.offset}};
    json location = {{"physicalLocation", std::move(physical)}};
    if (!place.member.empty())
        location["logicalLocations"] = json::array({{{"fullyQualifiedName", place.member}, {"kind", "member"}}});
    if (place.offset != kNoOffset && place.unpacked)
        location["properties"] = {{"offsetInUnpackedMember", place.offset}};
    return location;
}

json resultOf(const Finding& finding) {
    return {{"ruleId", finding.rule},
            {"level", severityName(finding.severity)},
            {"message", {{"text", finding.message}}},
            {"locations", json::array({locationOf(finding.place)})}};
}

}  // namespace

std::string sarifText(const SarifRun& run) {
    json ruleList = json::array();
    for (const Rule& rule : rules::all()) ruleList.push_back(ruleObject(rule));
    json results = json::array();
    for (const Finding& finding : run.findings) results.push_back(resultOf(finding));
    json artifacts = json::array();
    for (const auto& root : run.roots) artifacts.push_back({{"location", {{"uri", uriOf(root)}}}});
    const json log = {
        {"$schema", kSchema},
        {"version", "2.1.0"},
        {"runs",
         json::array(
             {{{"tool",
                {{"driver", {{"name", "plimsoll"}, {"semanticVersion", run.version}, {"rules", std::move(ruleList)}}}}},
               {"artifacts", std::move(artifacts)},
               {"invocations", json::array({{{"executionSuccessful", run.complete}}})},
               {"results", std::move(results)}}})}};
    return log.dump(2, ' ', false, json::error_handler_t::replace) + '\n';
}

}  // namespace plimsoll
