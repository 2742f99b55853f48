// SPDX-License-Identifier: GPL-3.0-or-later
#include "findings_output.h"

#include <fmt/format.h>

#include "base/byte_cursor.h"
#include "io/output_file.h"
#include "text.h"

namespace plimsoll::cli {

void addFindingOutputs(CLI::App& verb, bool& json, std::string& sarif) {
    verb.add_flag("--json", json, "One JSON document on stdout");
    verb.add_option("--sarif", sarif, "Also writes the findings as SARIF 2.1.0 (replaces OUT)")->option_text("OUT");
}

void printFinding(Output& out, std::string_view file, const Finding& finding) {
    const std::string place = printable(placeText(finding.place));
    out << file << ": " << severityName(finding.severity) << ": " << place << (place.empty() ? "" : ": ")
        << printable(finding.message) << " [" << finding.rule << "]\n";
}

void writePlace(JsonWriter& json, const Place& place) {
    json.field("file", place.file);
    if (!place.member.empty()) json.field("member", place.member);
    if (place.offset != kNoOffset) json.field("offset", place.offset);
    if (place.unpacked) json.field("unpacked", true);
}

void writeFindings(JsonWriter& json, const std::vector<Finding>& findings) {
    json.beginArray();
    for (const auto& finding : findings) {
        json.beginObject();
        json.field("severity", severityName(finding.severity));
        json.field("rule", finding.rule);
        writePlace(json, finding.place);
        json.field("message", finding.message);
        json.endObject();
    }
    json.endArray();
}

Result<void> writeSarifFile(const std::string& path, const SarifRun& run) {
    return writeWholeFile(path, asBytes(sarifText(run)), OutputFile::Existing::Replace);
}

}  // namespace plimsoll::cli
