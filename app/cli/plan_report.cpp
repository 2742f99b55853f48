// SPDX-License-Identifier: GPL-3.0-or-later
#include "plan_report.h"

#include <map>
#include <utility>

#include <fmt/format.h>

#include "base/glob.h"
#include "json_writer.h"
#include "text.h"

namespace plimsoll::cli {

namespace {

void writeFiles(JsonWriter& json, const Plan& plan) {
    json.key("files");
    json.beginArray();
    const auto file = [&](std::string_view path, std::uint64_t bytes) {
        json.beginObject();
        json.field("path", path);
        json.field("bytes", bytes);
        json.endObject();
    };
    for (const PlannedFile& planned : plan.files) file(planned.path, planned.bytes);
    if (!plan.indexPath.empty()) file(plan.indexPath, plan.indexJson.size());
    json.endArray();
}

void writeStrings(JsonWriter& json, std::string_view name, const std::vector<std::string>& strings) {
    json.key(name);
    json.beginArray();
    for (const std::string& text : strings) json.string(text);
    json.endArray();
}

void printCasts(Output& out, const Plan& plan) {
    struct Sum {
        std::uint64_t tensors = 0;
        bool loses = false;
    };
    std::map<std::pair<DType, DType>, Sum> sums;
    for (const PlannedCast& cast : plan.casts) {
        Sum& sum = sums[{cast.from, cast.to}];
        ++sum.tensors;
        sum.loses = sum.loses || cast.loses;
    }
    for (const auto& [types, sum] : sums)
        out << fmt::format("cast {} to {}: {}{}\n", shortName(types.first), shortName(types.second),
                           countText(sum.tensors, "tensor"), sum.loses ? ", may lose precision" : "");
}

void printDropped(Output& out, const Plan& plan) {
    constexpr std::size_t kShown = 20;
    for (std::size_t i = 0; i < plan.dropped.size() && i < kShown; ++i)
        out << "drop " << printable(plan.dropped[i]) << "\n";
    if (plan.dropped.size() > kShown) out << fmt::format("drop {} more\n", plan.dropped.size() - kShown);
    for (const std::string& note : plan.notes) out << "note: " << printable(note) << "\n";
}

void writeLosses(JsonWriter& json, const std::vector<RecordLoss>& losses) {
    json.beginArray();
    for (const RecordLoss& record : losses) {
        json.beginObject();
        json.fields({{"name", record.name}, {"from", torchName(record.from)}, {"to", torchName(record.to)}});
        const CastLoss& loss = record.loss;
        json.fields({{"max_abs", loss.maxAbs}, {"max_rel", loss.maxRel}, {"rms", loss.rms()}});
        json.fields({{"overflow", loss.overflow}, {"underflow", loss.underflow}, {"nan", loss.nan}});
        json.endObject();
    }
    json.endArray();
}

}  // namespace

void printLosses(Output& out, const std::vector<RecordLoss>& losses) {
    static constexpr Column kColumns[] = {{"cast", false}, {"types", false},   {"max abs", true},   {"max rel", true},
                                          {"rms", true},   {"overflow", true}, {"underflow", true}, {"nan", true}};
    if (losses.empty()) return;
    printTable(out, kColumns, losses.size(), [&](std::size_t row, std::size_t column) -> std::string {
        const RecordLoss& record = losses[row];
        switch (column) {
            case 0:
                return printable(record.name);
            case 1:
                return fmt::format("{} to {}", shortName(record.from), shortName(record.to));
            case 2:
                return fmt::format("{:.3g}", record.loss.maxAbs);
            case 3:
                return fmt::format("{:.3g}", record.loss.maxRel);
            case 4:
                return fmt::format("{:.3g}", record.loss.rms());
            case 5:
                return std::to_string(record.loss.overflow);
            case 6:
                return std::to_string(record.loss.underflow);
            default:
                return std::to_string(record.loss.nan);
        }
    });
}

void printPlan(Output& out, const Plan& plan) {
    for (const PlannedFile& file : plan.files)
        out << printable(file.path) << ": " << formatByteSize(file.bytes) << ", "
            << countText(file.records.size(), "record") << "\n";
    if (!plan.indexPath.empty())
        out << printable(plan.indexPath) << ": " << formatByteSize(plan.indexJson.size()) << "\n";
    out << fmt::format("{}: reads {}, writes {}, needs {} of memory\n", countText(plan.tensors, "tensor"),
                       formatByteSize(plan.bytesRead), formatByteSize(plan.bytesWritten),
                       formatByteSize(plan.peakMemoryBytes));
    printCasts(out, plan);
    printDropped(out, plan);
}

void writePlanJson(Output& out, const Plan& plan, const std::vector<RecordLoss>* losses) {
    JsonWriter json(out);
    json.beginObject();
    json.field("dry_run", true);
    json.field("output", plan.recipe.destination);
    writeFiles(json, plan);
    json.field("tensors", plan.tensors);
    json.field("bytes_read", plan.bytesRead);
    json.field("bytes_written", plan.bytesWritten);
    json.field("peak_memory", plan.peakMemoryBytes);
    json.key("casts");
    json.beginArray();
    for (const PlannedCast& cast : plan.casts) {
        json.beginObject();
        json.field("name", cast.name);
        json.field("from", torchName(cast.from));
        json.field("to", torchName(cast.to));
        json.field("loses", cast.loses);
        json.endObject();
    }
    json.endArray();
    writeStrings(json, "dropped", plan.dropped);
    writeStrings(json, "notes", plan.notes);
    if (losses != nullptr) {
        json.key("loss");
        writeLosses(json, *losses);
    }
    json.endObject();
    json.lineBreak();
    json.flush();
}

void printConverted(Output& out, const Plan& plan, const ConvertReport& report) {
    printCasts(out, plan);
    printLosses(out, report.losses);
    printDropped(out, plan);
    if (plan.recipe.measureLoss && !report.lossIsKnown)
        out << "note: the loss is not known, the interrupted run did not measure it\n";
    if (report.resumedBytes != 0)
        out << fmt::format("resumed: {} were done before\n", formatByteSize(report.resumedBytes));
    const double read = static_cast<double>(report.bytesRead) - static_cast<double>(report.resumedBytes);
    const double speed = report.seconds > 0 ? read / report.seconds : 0;
    out << fmt::format("{}: {} in {}, {} written in {} ({}/s), at most {} of memory\n",
                       printable(plan.recipe.destination), countText(report.tensors, "tensor"),
                       countText(report.files.size(), "file"), formatByteSize(report.bytesWritten),
                       durationText(report.seconds), formatByteSize(static_cast<std::uint64_t>(speed)),
                       formatByteSize(report.peakAnonBytes))
        << (report.verified ? "verified: what was read back is what was written\n" : "");
}

void writeConvertedJson(Output& out, const Plan& plan, const ConvertReport& report) {
    JsonWriter json(out);
    json.beginObject();
    json.field("output", plan.recipe.destination);
    writeFiles(json, plan);
    json.field("tensors", report.tensors);
    json.field("bytes_read", report.bytesRead);
    json.field("bytes_written", report.bytesWritten);
    json.field("seconds", report.seconds);
    json.field("peak_anon", report.peakAnonBytes);
    if (report.resumedBytes != 0) json.field("resumed_bytes", report.resumedBytes);
    json.field("verified", report.verified);
    writeStrings(json, "dropped", plan.dropped);
    writeStrings(json, "notes", plan.notes);
    json.key("loss");
    if (report.lossIsKnown)
        writeLosses(json, report.losses);
    else
        json.null();
    json.endObject();
    json.lineBreak();
    json.flush();
}

}  // namespace plimsoll::cli
