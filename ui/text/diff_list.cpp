// SPDX-License-Identifier: GPL-3.0-or-later
#include "text/diff_list.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "convert/command_line.h"
#include "text/csv.h"

namespace plimsoll::ui {
namespace {

std::string stateWord(DiffState state) {
    switch (state) {
        case DiffState::Changed:
            return "changed";
        case DiffState::OnlyA:
            return "removed";
        case DiffState::OnlyB:
            return "added";
        case DiffState::Same:
            break;
    }
    return "same";
}

// Name, type, shape.
std::string sideCells(const Checkpoint& checkpoint, TensorId id) {
    if (!id.valid()) return ",,";
    const TensorTable& table = checkpoint.tensors;
    return csvCell(std::string(table.name(id))) + "," + csvCell(std::string(table.dtypeName(id))) + "," +
           csvCell(fmt::format("[{}]", fmt::join(table.shape(id), ", ")));
}

std::string valueCells(const ValueDiff* values) {
    if (values == nullptr || values->state != ValueDiff::State::Compared) return ",,,,,,";
    const Difference& d = values->difference;
    return fmt::format("{},{},{:.17g},{:.17g},{:.17g},{},{}", d.elements, d.differing, d.maxAbs, d.maxRel, d.rms,
                       d.nanOnlyLeft, d.nanOnlyRight);
}

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(' ');
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

}  // namespace

std::string diffCsv(const DiffRows& rows) {
    std::string text =
        "state,name_a,dtype_a,shape_a,name_b,dtype_b,shape_b,elements,differing,max_abs,max_rel,rms,nan_only_a,"
        "nan_only_b\n";
    const DiffReport& report = *rows.report;
    const DiffEntries entries(report);
    for (const std::uint32_t entry : rows.entries) {
        text += stateWord(entries.state(entry)) + "," + sideCells(*report.a, entries.a(entry)) + "," +
                sideCells(*report.b, entries.b(entry)) + "," + valueCells(entries.values(entry)) + "\n";
    }
    return text;
}

std::string diffCommandLine(std::string_view a, std::string_view b, const DiffOptions& options) {
    std::string command = "plimsoll-cli diff " + shellQuoted(a) + " " + shellQuoted(b);
    if (options.values) command += " --values";
    for (const RenameRule& rule : options.renames) command += " --rename " + shellQuoted(rule.text());
    return command;
}

Result<std::vector<RenameRule>> parseRenames(std::string_view text) {
    std::vector<RenameRule> rules;
    while (!text.empty()) {
        const auto end = std::min(text.find(';'), text.size());
        const std::string_view rule = trimmed(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        if (rule.empty()) continue;
        TRY(auto parsed, RenameRule::parse(rule));
        rules.push_back(std::move(parsed));
    }
    return rules;
}

}  // namespace plimsoll::ui
