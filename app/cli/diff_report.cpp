// SPDX-License-Identifier: GPL-3.0-or-later
#include "diff_report.h"

#include <array>
#include <span>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/glob.h"
#include "inventory.h"
#include "json_writer.h"
#include "text.h"

namespace plimsoll::cli {

namespace {

std::string kindOf(const TensorTable& table, TensorId id) {
    return dtypeText(table, id) + " " + shapeText(table.shape(id));
}

std::string nameOf(const DiffReport& report, const TensorPair& pair) {
    const auto a = report.a->tensors.name(pair.a);
    const auto b = report.b->tensors.name(pair.b);
    return a == b ? printable(a) : printable(a) + " = " + printable(b);
}

std::string number(double value) {
    return value == 0 ? "0" : fmt::format("{:.3g}", value);
}

std::string nanText(const Difference& difference) {
    std::string text;
    if (difference.nanOnlyLeft > 0) text += fmt::format("{} only in A", difference.nanOnlyLeft);
    if (difference.nanOnlyRight > 0)
        text += fmt::format("{}{} only in B", text.empty() ? "" : ", ", difference.nanOnlyRight);
    return text;
}

std::string differingText(const ValueDiff& value) {
    switch (value.state) {
        case ValueDiff::State::Compared:
            return fmt::format("{} of {}", value.difference.differing, value.difference.elements);
        case ValueDiff::State::EqualBytes:
            return "equal bytes";
        case ValueDiff::State::UnequalBytes:
            return "other bytes";
        case ValueDiff::State::NotComparable:
            break;
    }
    return value.why;
}

void printAlone(Output& out, std::string_view title, const TensorTable& table, std::span<const TensorId> rows) {
    if (rows.empty()) return;
    constexpr std::array<Column, 4> kTail{{{""}, {"dtype"}, {"shape", true}, {"size", true}}};
    auto columns = kTail;
    columns[0].title = title;
    printTable(out, columns, rows.size(),
               [&](std::size_t row, std::size_t column) { return tensorCell(table, rows[row], column); });
    out << "\n";
}

void printDifferent(Output& out, const DiffReport& report) {
    std::vector<std::size_t> rows;
    for (std::size_t i = 0; i < report.pairs.size(); ++i)
        if (!report.pairs[i].same()) rows.push_back(i);
    if (rows.empty()) return;
    constexpr std::array<Column, 8> kColumns{
        {{"different"}, {"A"}, {"B"}, {"values", true}, {"max abs", true}, {"max rel", true}, {"rms", true}, {"NaN"}}};
    const auto compared = [&](std::size_t row, const auto& text) -> std::string {
        if (report.values.empty() || report.values[row].state != ValueDiff::State::Compared) return "";
        return text(report.values[row].difference);
    };
    printTable(out, kColumns, rows.size(), [&](std::size_t line, std::size_t column) -> std::string {
        const std::size_t row = rows[line];
        const TensorPair& pair = report.pairs[row];
        switch (column) {
            case 0:
                return nameOf(report, pair);
            case 1:
                return kindOf(report.a->tensors, pair.a);
            case 2:
                return pair.shapeDiffers || pair.dtypeDiffers ? kindOf(report.b->tensors, pair.b) : "";
            case 3:
                return report.values.empty() ? "" : differingText(report.values[row]);
            case 4:
                return compared(row, [](const Difference& d) { return number(d.maxAbs); });
            case 5:
                return compared(row, [](const Difference& d) { return number(d.maxRel); });
            case 6:
                return compared(row, [](const Difference& d) { return number(d.rms); });
            default:
                return compared(row, nanText);
        }
    });
    out << "\n";
}

class DiffJson {
public:
    DiffJson(Output& out, const DiffReport& report) : json_(out), report_(report) {}

    void write() {
        json_.beginObject();
        json_.field("a", report_.a->path);
        json_.field("b", report_.b->path);
        json_.field("equal", report_.equal());
        json_.field("same", report_.same);
        json_.key("changed");
        json_.beginArray();
        for (std::size_t i = 0; i < report_.pairs.size(); ++i)
            if (!report_.pairs[i].same()) pair(i);
        json_.endArray();
        alone("removed", report_.a->tensors, report_.removed);
        alone("added", report_.b->tensors, report_.added);
        if (!report_.values.empty()) {
            json_.key("values");
            json_.beginArray();
            for (std::size_t i = 0; i < report_.pairs.size(); ++i) value(i);
            json_.endArray();
        }
        if (!report_.suggestedRename.empty()) {
            json_.field("suggested_rename", report_.suggestedRename);
            json_.field("suggested_pairs", report_.suggestedPairs);
        }
        json_.endObject();
        json_.lineBreak();
        json_.flush();
    }

private:
    void kind(const TensorTable& table, TensorId id) {
        json_.field("dtype", table.dtypeName(id));
        json_.key("shape");
        json_.beginArray();
        for (const std::uint64_t dim : table.shape(id)) json_.integer(dim);
        json_.endArray();
    }

    void names(const TensorPair& pair) {
        const auto a = report_.a->tensors.name(pair.a);
        const auto b = report_.b->tensors.name(pair.b);
        json_.field("name", a);
        if (a != b) json_.field("name_b", b);
    }

    void side(std::string_view key, const TensorTable& table, TensorId id) {
        json_.key(key);
        json_.beginObject();
        kind(table, id);
        json_.endObject();
    }

    void pair(std::size_t index) {
        const TensorPair& pair = report_.pairs[index];
        json_.beginObject();
        names(pair);
        side("a", report_.a->tensors, pair.a);
        side("b", report_.b->tensors, pair.b);
        json_.field("shape", pair.shapeDiffers);
        json_.field("dtype", pair.dtypeDiffers);
        if (!report_.values.empty()) json_.field("values", pair.valuesDiffer);
        json_.endObject();
    }

    void alone(std::string_view key, const TensorTable& table, std::span<const TensorId> rows) {
        json_.key(key);
        json_.beginArray();
        for (const TensorId id : rows) {
            json_.beginObject();
            json_.field("name", table.name(id));
            kind(table, id);
            json_.endObject();
        }
        json_.endArray();
    }

    void value(std::size_t index) {
        const ValueDiff& value = report_.values[index];
        json_.beginObject();
        names(report_.pairs[index]);
        json_.field("comparable", value.state != ValueDiff::State::NotComparable);
        if (value.state == ValueDiff::State::NotComparable) {
            json_.field("why", value.why);
        } else {
            json_.field("equal", !report_.pairs[index].valuesDiffer);
        }
        if (value.state == ValueDiff::State::Compared) {
            const Difference& difference = value.difference;
            json_.fields({{"elements", difference.elements},
                          {"differing", difference.differing},
                          {"max_abs", difference.maxAbs},
                          {"max_rel", difference.maxRel},
                          {"rms", difference.rms},
                          {"nan_only_a", difference.nanOnlyLeft},
                          {"nan_only_b", difference.nanOnlyRight}});
        }
        json_.endObject();
    }

    JsonWriter json_;
    const DiffReport& report_;
};

}  // namespace

void printDiff(Output& out, const DiffReport& report) {
    out << "A ";
    printHeading(out, *report.a);
    out << "B ";
    printHeading(out, *report.b);
    out << "\n";
    printAlone(out, "only in A", report.a->tensors, report.removed);
    printAlone(out, "only in B", report.b->tensors, report.added);
    printDifferent(out, report);
    out << fmt::format("{} the same{}, {} different, {} only in A, {} only in B\n", countText(report.same, "tensor"),
                       report.values.empty() ? " by name, type and shape" : "", report.pairs.size() - report.same,
                       report.removed.size(), report.added.size());
    if (!report.suggestedRename.empty())
        out << fmt::format("--rename '{}' would pair {} more\n", printable(report.suggestedRename),
                           report.suggestedPairs);
}

void writeDiffJson(Output& out, const DiffReport& report) {
    DiffJson(out, report).write();
}

}  // namespace plimsoll::cli
