// SPDX-License-Identifier: GPL-3.0-or-later
#include "inventory.h"

#include <algorithm>
#include <array>
#include <limits>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "base/glob.h"
#include "checkpoint/name_tree.h"
#include "text.h"

namespace plimsoll::cli {

namespace {

struct Sum {
    std::uint64_t tensors = 0;
    std::uint64_t elements = 0;
    std::uint64_t bytes = 0;

    void add(const TensorTable& table, TensorId id) {
        ++tensors;
        elements += table.elements(id);
        bytes += table.nbytes(id);
    }
};

Sum sumOf(const TensorTable& table, std::span<const TensorId> rows) {
    Sum sum;
    for (const TensorId id : rows) sum.add(table, id);
    return sum;
}

// Tensors that do not own their bytes alone.
std::uint64_t sharingTensors(const TensorTable& table, std::span<const TensorId> rows) {
    std::vector<std::uint32_t> views(table.storages().size(), 0);
    for (const TensorId id : rows) ++views[table.storageId(id).index()];
    return static_cast<std::uint64_t>(std::count_if(rows.begin(), rows.end(), [&](TensorId id) {
        return table.nbytes(id) > 0 && views[table.storageId(id).index()] > 1;
    }));
}

std::string fileName(const Checkpoint& checkpoint, const Storage& storage) {
    return storage.file.valid() ? printable(checkpoint.files[storage.file.index()].relativePath) : "-";
}

struct TreeRow {
    NodeId node;
    std::size_t depth;
};

std::vector<TreeRow> depthFirst(const NameTree& tree) {
    std::vector<TreeRow> rows;
    std::vector<TreeRow> open{{NameTree::root(), 0}};
    while (!open.empty()) {
        const TreeRow row = open.back();
        open.pop_back();
        if (row.node != NameTree::root()) rows.push_back(row);
        for (std::uint32_t i = tree.childCount(row.node); i-- > 0;)
            open.push_back({tree.child(row.node, i), row.depth + 1});
    }
    return rows;
}

}  // namespace

std::vector<TensorId> allTensors(const TensorTable& table) {
    std::vector<TensorId> rows;
    rows.reserve(table.size());
    for (std::size_t i = 0; i < table.size(); ++i) rows.emplace_back(static_cast<std::uint32_t>(i));
    return rows;
}

std::string dtypeText(const TensorTable& table, TensorId id) {
    const DType dtype = table.dtype(id);
    return dtype == DType::Opaque ? printable(table.dtypeName(id)) : std::string(shortName(dtype));
}

void sortTensors(std::vector<TensorId>& rows, const Checkpoint& checkpoint, SortBy by) {
    const TensorTable& table = checkpoint.tensors;
    const auto place = [&](TensorId id) {
        return std::pair(table.storage(id).file,
                         table.fileOffset(id).value_or(std::numeric_limits<std::uint64_t>::max()));
    };
    const auto less = [&](TensorId a, TensorId b) {
        switch (by) {
            case SortBy::Name:
                return naturalLess(table.name(a), table.name(b));
            case SortBy::Size:
                return table.nbytes(a) > table.nbytes(b);
            case SortBy::DType:
                return shortName(table.dtype(a)) < shortName(table.dtype(b));
            case SortBy::Offset:
                return place(a) < place(b);
            case SortBy::File:
                break;
        }
        return false;
    };
    if (by != SortBy::File) std::stable_sort(rows.begin(), rows.end(), less);
}

void printHeading(Output& out, const Checkpoint& checkpoint) {
    out << printable(checkpoint.path) << ": " << formatName(checkpoint.format) << ", "
        << formatByteSize(checkpoint.fileBytes());
    if (checkpoint.files.size() > 1) out << " in " << countText(checkpoint.files.size(), "file");
    out << "\n";
}

std::string tensorCell(const TensorTable& table, TensorId id, std::size_t column) {
    switch (column) {
        case 0:
            return printable(table.name(id));
        case 1:
            return dtypeText(table, id);
        case 2:
            return shapeText(table.shape(id));
        default:
            return formatByteSize(table.nbytes(id));
    }
}

void printTensors(Output& out, const Checkpoint& checkpoint, std::span<const TensorId> rows) {
    if (rows.empty()) return;
    const TensorTable& table = checkpoint.tensors;
    const bool manyFiles = checkpoint.files.size() > 1;
    constexpr std::array<Column, 6> kColumns{
        {{"name"}, {"dtype"}, {"shape", true}, {"size", true}, {"offset", true}, {"file"}}};
    printTable(out, kColumns, rows.size(), [&](std::size_t row, std::size_t column) -> std::string {
        const TensorId id = rows[row];
        switch (column) {
            case 4: {
                const auto offset = table.fileOffset(id);
                return offset ? std::to_string(*offset) : "-";
            }
            case 5:
                return manyFiles ? fileName(checkpoint, table.storage(id)) : "";
            default:
                return tensorCell(table, id, column);
        }
    });
}

void printTree(Output& out, const Checkpoint& checkpoint, std::span<const TensorId> rows) {
    const TensorTable& table = checkpoint.tensors;
    const NameTree tree = NameTree::build(table, rows);
    const auto nodes = depthFirst(tree);
    const double total = std::max(1.0, static_cast<double>(tree.bytes(NameTree::root())));
    constexpr std::array<Column, 5> kColumns{{{"name"}, {"dtype"}, {"shape", true}, {"size", true}, {"share", true}}};
    printTable(out, kColumns, nodes.size(), [&](std::size_t row, std::size_t column) -> std::string {
        const auto [node, depth] = nodes[row];
        const TensorId id = tree.tensor(node);
        switch (column) {
            case 0:
                return std::string(2 * (depth - 1), ' ') + printable(tree.label(node));
            case 1:
                return id.valid() ? dtypeText(table, id) : "";
            case 2:
                return id.valid() ? shapeText(table.shape(id)) : countText(tree.tensorCount(node), "tensor");
            case 3:
                return formatByteSize(tree.bytes(node));
            default:
                return fmt::format("{:.1f} %", 100.0 * static_cast<double>(tree.bytes(node)) / total);
        }
    });
}

void printSummary(Output& out, const Checkpoint& checkpoint, std::span<const TensorId> rows) {
    const TensorTable& table = checkpoint.tensors;
    std::array<Sum, kDTypeCount> byType{};
    for (const TensorId id : rows) byType.at(static_cast<std::size_t>(table.dtype(id))).add(table, id);
    std::vector<std::pair<std::string, Sum>> lines;
    for (std::size_t i = 0; i < byType.size(); ++i)
        if (byType.at(i).tensors > 0) lines.emplace_back(shortName(static_cast<DType>(i)), byType.at(i));
    lines.emplace_back("total", sumOf(table, rows));
    constexpr std::array<Column, 5> kColumns{
        {{"dtype"}, {"tensors", true}, {"elements", true}, {"bytes", true}, {"size", true}}};
    printTable(out, kColumns, lines.size(), [&](std::size_t row, std::size_t column) -> std::string {
        const auto& [name, sum] = lines[row];
        switch (column) {
            case 0:
                return name;
            case 1:
                return std::to_string(sum.tensors);
            case 2:
                return std::to_string(sum.elements);
            case 3:
                return std::to_string(sum.bytes);
            default:
                return formatByteSize(sum.bytes);
        }
    });
}

void printTotals(Output& out, const Checkpoint& checkpoint, std::span<const TensorId> rows) {
    const TensorTable& table = checkpoint.tensors;
    const Sum sum = sumOf(table, rows);
    out << countText(sum.tensors, "tensor");
    if (rows.size() < table.size()) out << " of " << std::to_string(table.size());
    out << ", " << countText(sum.elements, "element") << ", " << formatByteSize(sum.bytes);
    if (const auto sharing = sharingTensors(table, rows); sharing > 0)
        out << "; " << std::to_string(sharing) << " of them share storage";
    out << "\n";
}

void printFindings(Output& out, const Checkpoint& checkpoint) {
    for (const GlobalRef& global : checkpoint.globals) {
        if (global.verdict == Verdict::Safe) continue;
        out << verdictName(global.verdict) << ": " << printable(global.module) << "." << printable(global.name);
        if (!global.reason.empty()) out << " (" << printable(global.reason) << ")";
        out << "\n";
    }
    for (const std::string& warning : checkpoint.warnings) out << "warning: " << printable(warning) << "\n";
    for (const std::string& note : checkpoint.notes) out << "note: " << printable(note) << "\n";
}

}  // namespace plimsoll::cli
