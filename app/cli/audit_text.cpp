// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <array>
#include <string>

#include <fmt/format.h>

#include "audit_report.h"
#include "base/glob.h"
#include "inventory.h"
#include "text.h"

namespace plimsoll::cli {

namespace {

constexpr std::size_t kLines = 30;   // of a table
constexpr std::size_t kGroups = 10;  // of tied and identical tensors, of wasteful storages

std::string share(std::uint64_t bytes, std::uint64_t total) {
    return total == 0 ? "" : fmt::format("{:.1f} %", 100.0 * static_cast<double>(bytes) / static_cast<double>(total));
}

void printMore(Output& out, std::size_t all, std::size_t shown) {
    if (all > shown) out << fmt::format("... {} more (--json has all)\n", all - shown);
}

// What the files consist of; the lines add up to their size unless storages are compressed, shared or missing.
void printWhole(Output& out, const AuditReport& report) {
    struct Line {
        std::string what;
        std::string tensors;
        std::uint64_t bytes;
    };
    std::vector<Line> lines;
    for (std::size_t role = 0; role < kRoleCount; ++role) {
        if (const ByteSum& sum = report.roles.at(role); sum.tensors > 0)
            lines.push_back(
                {std::string(roleName(static_cast<Role>(role))), std::to_string(sum.tensors), sum.ownBytes});
    }
    if (report.unusedStorageBytes > 0)
        lines.push_back({report.unusedIsExact ? "storage that no tensor uses" : "storage that no tensor uses, at least",
                         "", report.unusedStorageBytes});
    for (const OutsideSum& outside : report.outside) lines.push_back({outside.words, "", outside.bytes});
    constexpr std::array<Column, 4> kColumns{{{"what"}, {"tensors", true}, {"size", true}, {"share", true}}};
    lines.push_back({"all", std::to_string(report.total.tensors), report.fileBytes});
    const std::uint64_t all = std::max(report.fileBytes, report.storageBytes);
    printTable(out, kColumns, lines.size(), [&](std::size_t row, std::size_t column) -> std::string {
        const Line& line = lines[row];
        switch (column) {
            case 0:
                return line.what;
            case 1:
                return line.tensors;
            case 2:
                return formatByteSize(line.bytes);
            default:
                return share(line.bytes, all);
        }
    });
    if (report.storedBytes < report.storageBytes)
        out << fmt::format("storages of {} are compressed to {} in the file\n", formatByteSize(report.storageBytes),
                           formatByteSize(report.storedBytes));
}

void printRules(Output& out, const AuditReport& report) {
    out << "\nwhy a tensor counts as what";
    const bool guesses = std::ranges::any_of(
        report.rules, [](const RoleRule& rule) { return rule.words.find("looks like") != std::string::npos; });
    out << (guesses ? " (a state dict does not tell parameters from buffers: \"looks like\" is a guess)\n" : "\n");
    constexpr std::array<Column, 4> kColumns{{{"role"}, {"tensors", true}, {"size", true}, {"because"}}};
    printTable(out, kColumns, report.rules.size(), [&](std::size_t row, std::size_t column) -> std::string {
        const RoleRule& rule = report.rules[row];
        switch (column) {
            case 0:
                return std::string(roleName(rule.role));
            case 1:
                return std::to_string(rule.sum.tensors);
            case 2:
                return formatByteSize(rule.sum.bytes);
            default:
                return printable(rule.words);
        }
    });
}

void printDTypes(Output& out, const AuditReport& report) {
    out << "\n";
    constexpr std::array<Column, 4> kColumns{{{"dtype"}, {"tensors", true}, {"size", true}, {"share", true}}};
    printTable(out, kColumns, report.dtypes.size(), [&](std::size_t row, std::size_t column) -> std::string {
        const DTypeSum& dtype = report.dtypes[row];
        switch (column) {
            case 0:
                return dtype.dtype == DType::Opaque ? printable(dtype.name) : std::string(shortName(dtype.dtype));
            case 1:
                return std::to_string(dtype.sum.tensors);
            case 2:
                return formatByteSize(dtype.sum.bytes);
            default:
                return share(dtype.sum.bytes, report.total.bytes);
        }
    });
}

std::string layerText(std::span<const LayerSum> layers, LayerRun run) {
    std::string first = layers[run.first].name.empty() ? "(in no module)" : printable(layers[run.first].name);
    if (run.count == 1) return first;
    const auto last = layers[run.first + run.count - 1].name;
    return fmt::format("{} .. {} ({})", first, printable(last.substr(last.rfind('.') + 1)), run.count);
}

void printLayers(Output& out, const AuditReport& report) {
    const auto runs = foldLayers(report.layers);
    const std::size_t shown = std::min(runs.size(), kLines);
    if (shown == 0) return;
    out << "\n";
    constexpr std::array<Column, 6> kColumns{
        {{"layer or module"}, {"tensors", true}, {"size", true}, {"optimizer", true}, {"sum", true}, {"share", true}}};
    printTable(out, kColumns, shown, [&](std::size_t row, std::size_t column) -> std::string {
        const LayerSum& layer = report.layers[runs[row].first];
        const std::uint64_t all = runs[row].count * (layer.sum.bytes + layer.optimizerState.bytes);
        switch (column) {
            case 0:
                return layerText(report.layers, runs[row]);
            case 1:
                return std::to_string(layer.sum.tensors);
            case 2:
                return formatByteSize(layer.sum.bytes);
            case 3:
                return layer.optimizerState.bytes > 0 ? formatByteSize(layer.optimizerState.bytes) : "";
            case 4:
                return formatByteSize(all);
            default:
                return share(all, report.total.bytes);
        }
    });
    printMore(out, runs.size(), shown);
}

void printExperts(Output& out, const AuditReport& report) {
    if (report.experts.empty()) return;
    out << "\n";
    const std::size_t shown = std::min(report.experts.size(), kLines);
    constexpr std::array<Column, 5> kColumns{
        {{"expert, over all layers"}, {"tensors", true}, {"size", true}, {"share", true}, {""}}};
    printTable(out, kColumns, shown, [&](std::size_t row, std::size_t column) -> std::string {
        const ExpertSum& expert = report.experts[row];
        switch (column) {
            case 0:
                return printable(expert.name);
            case 1:
                return std::to_string(expert.sum.tensors);
            case 2:
                return formatByteSize(expert.sum.bytes);
            case 3:
                return share(expert.sum.bytes, report.total.bytes);
            default:
                return expert.fused > 0 ? fmt::format("{} experts in each tensor", expert.fused) : "";
        }
    });
    printMore(out, report.experts.size(), shown);
}

void printOptimizers(Output& out, const AuditReport& report) {
    if (!report.optimizers.empty()) out << "\n";
    for (const OptimizerState& optimizer : report.optimizers) {
        out << "optimizer " << (optimizer.path.empty() ? "of the whole file" : printable(optimizer.path)) << ": "
            << formatByteSize(optimizer.sum.bytes);
        if (!optimizer.kind.empty()) out << " of " << printable(optimizer.kind);
        out << fmt::format("; {} of {} parameters found among the weights ({})\n", optimizer.linked,
                           optimizer.parameters, optimizer.how);
    }
}

void printGroups(Output& out, const AuditReport& report, std::string_view word, std::span<const TensorGroup> groups) {
    const TensorTable& table = report.checkpoint->tensors;
    for (std::size_t i = 0; i < groups.size() && i < kGroups; ++i) {
        out << word << ", " << formatByteSize(groups[i].bytes) << " each: ";
        constexpr std::size_t kNames = 4;
        const auto& members = groups[i].members;
        for (std::size_t m = 0; m < members.size() && m < kNames; ++m)
            out << (m > 0 ? " = " : "") << printable(table.name(members[m]));
        if (members.size() > kNames) out << fmt::format(" = {} more", members.size() - kNames);
        out << "\n";
    }
    if (groups.size() > kGroups)
        out << fmt::format("{}: {} more groups (--json has all)\n", word, groups.size() - kGroups);
}

void printSharing(Output& out, const AuditReport& report) {
    if (!report.tied.empty() || !report.identical.empty() || !report.wastes.empty() || report.identicalWasRead)
        out << "\n";
    printGroups(out, report, "tied", report.tied);
    printGroups(out, report, "identical", report.identical);
    if (report.identicalWasRead && report.identical.empty()) out << "no two tensors hold the same bytes twice\n";
    if (!report.identical.empty())
        out << fmt::format("identical tensors take {} more than one of each\n", formatByteSize(report.identicalBytes));
    const TensorTable& table = report.checkpoint->tensors;
    for (std::size_t i = 0; i < report.wastes.size() && i < kGroups; ++i) {
        const StorageWaste& waste = report.wastes[i];
        out << fmt::format("unused: {} of {} of storage ", formatByteSize(waste.unusedBytes),
                           formatByteSize(table.storage(waste.storage).bytes))
            << printable(table.storage(waste.storage).key);
        if (waste.view.valid()) out << ", which " << printable(table.name(waste.view)) << " views a part of";
        out << "\n";
    }
    if (report.wastes.size() > kGroups)
        out << fmt::format("unused: parts of {} more storages (--json has all)\n", report.wastes.size() - kGroups);
}

void printSlim(Output& out, const AuditReport& report) {
    if (report.slim.empty()) return;
    out << "\nsmaller, to the byte:\n";
    for (const SlimOption& option : report.slim) {
        out << fmt::format("{}, {} less: {}", formatByteSize(option.bytes), share(option.savedBytes, report.fileBytes),
                           option.words);
        if (!option.price.empty()) out << " (" << option.price << ")";
        out << "\n  " << printable(option.command) << "\n";
    }
}

}  // namespace

std::vector<LayerRun> foldLayers(std::span<const LayerSum> layers) {
    const auto alike = [](const LayerSum& a, const LayerSum& b) {
        const auto stem = [](std::string_view name) { return name.substr(0, name.rfind('.') + 1); };
        return a.numbered && b.numbered && stem(a.name) == stem(b.name) && a.sum.tensors == b.sum.tensors &&
               a.sum.bytes == b.sum.bytes && a.optimizerState.bytes == b.optimizerState.bytes;
    };
    std::vector<LayerRun> runs;
    for (std::size_t i = 0; i < layers.size(); ++i) {
        if (!runs.empty() && alike(layers[i - 1], layers[i]))
            ++runs.back().count;
        else
            runs.push_back({i, 1});
    }
    return runs;
}

void printAudit(Output& out, const AuditReport& report) {
    printHeading(out, *report.checkpoint);
    printWhole(out, report);
    printSlim(out, report);
    printRules(out, report);
    printDTypes(out, report);
    printLayers(out, report);
    printExperts(out, report);
    printOptimizers(out, report);
    printSharing(out, report);
}

}  // namespace plimsoll::cli
