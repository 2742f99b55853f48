// SPDX-License-Identifier: GPL-3.0-or-later
#include "text/tensor_list.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <vector>

#include "convert/command_line.h"
#include "text/csv.h"

namespace plimsoll::ui {
namespace {

constexpr std::array<std::string_view, 5> kColumns{"name", "dtype", "shape", "nbytes", "offset"};
using Cells = std::array<std::string, kColumns.size()>;

Cells cellsOf(const TensorTable& table, TensorId id) {
    const auto offset = table.fileOffset(id);
    return {std::string(table.name(id)), std::string(table.dtypeName(id)),
            fmt::format("[{}]", fmt::join(table.shape(id), ", ")), std::to_string(table.nbytes(id)),
            offset ? std::to_string(*offset) : std::string()};
}

// A bar would end the cell, a line break the row.
std::string markdownCell(const std::string& text) {
    std::string escaped;
    for (const char c : text) {
        if (c == '|' || c == '\\') escaped += '\\';
        escaped += c == '\n' || c == '\r' ? ' ' : c;
    }
    return escaped;
}

std::string tabbedCell(std::string text) {
    std::ranges::replace_if(
        text, [](char c) { return c == '\t' || c == '\n' || c == '\r'; }, ' ');
    return text;
}

template <class Cell>
std::string line(std::span<const std::string> cells, std::string_view between, const Cell& cell) {
    std::string result = cell(cells.front());
    for (const std::string& text : cells.subspan(1)) {
        result += between;
        result += cell(text);
    }
    return result;
}

nlohmann::ordered_json jsonOf(const Checkpoint& checkpoint, TensorId id) {
    const TensorTable& table = checkpoint.tensors;
    const Storage& storage = table.storage(id);
    const auto shape = table.shape(id);
    const auto stride = table.stride(id);
    nlohmann::ordered_json result;
    result["name"] = std::string(table.name(id));
    result["dtype"] = std::string(table.dtypeName(id));
    result["shape"] = std::vector<std::uint64_t>(shape.begin(), shape.end());
    result["stride"] = std::vector<std::int64_t>(stride.begin(), stride.end());
    result["nbytes"] = table.nbytes(id);
    result["storage"] = std::to_string(table.storageId(id).index());
    if (storage.file.valid()) result["file"] = checkpoint.files[storage.file.index()].relativePath;
    if (const auto offset = table.fileOffset(id)) result["offset"] = *offset;
    result["byteorder"] = storage.bigEndian ? "big" : "little";
    return result;
}

}  // namespace

std::string listText(const Checkpoint& checkpoint, std::span<const TensorId> tensors, ListFormat format) {
    std::string text;
    const std::vector<std::string> head(kColumns.begin(), kColumns.end());
    if (format == ListFormat::Csv) text = line(head, ",", csvCell) + "\n";
    if (format == ListFormat::Json) text = "[";
    if (format == ListFormat::Markdown) text = "| " + line(head, " | ", markdownCell) + " |\n|---|---|---|--:|--:|\n";
    bool first = true;
    for (const TensorId id : tensors) {
        const Cells cells = cellsOf(checkpoint.tensors, id);
        switch (format) {
            case ListFormat::Names:
                text += tabbedCell(cells[0]) + "\n";
                break;
            case ListFormat::Rows:
                text += line(cells, "\t", tabbedCell) + "\n";
                break;
            case ListFormat::Csv:
                text += line(cells, ",", csvCell) + "\n";
                break;
            case ListFormat::Json:
                // Names are bytes of a file: what is no UTF-8 is replaced, not thrown.
                text += first ? "\n" : ",\n";
                text += jsonOf(checkpoint, id).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
                break;
            case ListFormat::Markdown:
                text += "| " + line(cells, " | ", markdownCell) + " |\n";
                break;
        }
        first = false;
    }
    if (format == ListFormat::Json) text += "\n]\n";
    return text;
}

std::string inspectCommandLine(const Checkpoint& checkpoint, const std::string& filter, TreeOrder order,
                               Listing listing) {
    std::string command = "plimsoll-cli inspect " + shellQuoted(checkpoint.path);
    if (!filter.empty()) command += " --filter " + shellQuoted(filter);
    if (order.key == TreeSort::Size) command += " --sort size";
    if (order.key == TreeSort::Offset) command += " --sort offset";
    if (order.key == TreeSort::DType) command += " --sort dtype";
    if (listing == Listing::Tree && order == TreeOrder{}) command += " --tree";
    return command;
}

}  // namespace plimsoll::ui
