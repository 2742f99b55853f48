// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/tensor_colours.h"

#include <QObject>
#include <algorithm>
#include <unordered_map>

#include "text/text.h"

namespace plimsoll::ui {
namespace {

struct Group {
    std::string_view name;
    std::uint64_t bytes = 0;
    std::uint8_t colour = TensorColours::kOther;
};

bool isNumber(std::string_view text) noexcept {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

std::string_view componentAt(std::string_view name, std::size_t from) noexcept {
    return name.substr(from, name.find('.', from) - from);
}

// As dtypeText has it.
std::string_view typeOf(const TensorTable& table, TensorId tensor) {
    const DType dtype = table.dtype(tensor);
    return dtype == DType::Opaque ? table.dtypeName(tensor) : shortName(dtype);
}

}  // namespace

std::string_view partOf(std::string_view name) noexcept {
    std::string_view before;  // the last component
    std::string_view module;  // the one before it
    bool numbered = false;
    for (std::size_t at = 0; at <= name.size();) {
        const std::string_view component = componentAt(name, at);
        if (numbered && !isNumber(component)) return component;
        numbered = numbered || isNumber(component);
        module = before;
        before = component;
        at += component.size() + 1;
    }
    return module.empty() ? before : module;
}

TensorColours colourTensors(const Checkpoint& checkpoint, ColourBy by, const std::stop_token& stop) {
    const TensorTable& table = checkpoint.tensors;
    TensorColours result;
    std::vector<Group> groups;
    std::vector<std::uint32_t> groupOf(table.size());
    std::unordered_map<std::string_view, std::uint32_t> known;
    for (std::uint32_t i = 0; i < table.size(); ++i) {
        if (i % 65'536 == 0 && stop.stop_requested()) return {};
        const std::string_view name =
            by == ColourBy::DType ? typeOf(table, TensorId(i)) : partOf(table.name(TensorId(i)));
        const auto [at, fresh] = known.try_emplace(name, static_cast<std::uint32_t>(groups.size()));
        if (fresh) groups.push_back({name});
        groups[at->second].bytes += table.nbytes(TensorId(i));
        groupOf[i] = at->second;
    }
    std::vector<std::uint32_t> order(groups.size());
    for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
    const std::size_t coloured = std::min<std::size_t>(order.size(), TensorColours::kOther);
    std::ranges::partial_sort(order, order.begin() + static_cast<std::ptrdiff_t>(coloured), [&](auto a, auto b) {
        return groups[a].bytes != groups[b].bytes ? groups[a].bytes > groups[b].bytes : a < b;
    });
    for (std::size_t i = 0; i < coloured; ++i) {
        Group& group = groups[order[i]];
        group.colour = static_cast<std::uint8_t>(i);
        result.legend.append({toText(group.name), group.bytes, static_cast<int>(i)});
    }
    TensorColours::Entry other{QObject::tr("%1 others").arg(order.size() - coloured), 0, TensorColours::kOther};
    if (order.size() == coloured + 1) other.name = toText(groups[order.back()].name);
    for (std::size_t i = coloured; i < order.size(); ++i) other.bytes += groups[order[i]].bytes;
    if (order.size() > coloured) result.legend.append(other);
    result.of.reserve(table.size());
    for (const std::uint32_t group : groupOf) result.of.push_back(groups[group].colour);
    return result;
}

}  // namespace plimsoll::ui
