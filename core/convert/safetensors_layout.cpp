// SPDX-License-Identifier: GPL-3.0-or-later
#include "convert/safetensors_layout.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <iterator>
#include <utility>

#include <fmt/format.h>
#include <simdjson.h>
#include <nlohmann/json.hpp>

#include "base/byte_cursor.h"
#include "base/checked.h"
#include "base/limits.h"
#include "convert/plain_entry.h"
#include "convert/storage_plan.h"

namespace plimsoll {

namespace {

// The order in which the library (0.8) writes types: tensors are sorted by it, then by name.
constexpr std::array kTypeOrder = {
    DType::U64,         DType::I64,        DType::F64,       DType::C64,          DType::F32,  DType::U32,
    DType::I32,         DType::BF16,       DType::F16,       DType::U16,          DType::I16,  DType::F8_E5M2FNUZ,
    DType::F8_E4M3FNUZ, DType::F8_E8M0FNU, DType::F8_E4M3FN, DType::F8_E5M2,      DType::I8,   DType::U8,
    DType::F6_E3M2,     DType::F6_E2M3,    DType::F4,        DType::F4_E2M1FN_X2, DType::Bool,
};

std::size_t typeOrder(DType dtype) noexcept {
    return static_cast<std::size_t>(std::ranges::find(kTypeOrder, dtype) - kTypeOrder.begin());
}

// Names were checked to be UTF-8; metadata that is not was left out before.
std::string jsonText(std::string_view text) {
    return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Result<void> checkNames(std::span<const SafetensorsEntry> sorted) {
    std::vector<std::string_view> names;
    names.reserve(sorted.size());
    for (const auto& entry : sorted) {
        const auto& name = entry.record.name;
        if (!simdjson::validate_utf8(name) || name == "__metadata__")
            return fail(Errc::Unsupported,
                        fmt::format("'{}' cannot be the name of a tensor in a safetensors file", name));
        names.emplace_back(name);
    }
    std::ranges::sort(names);
    if (const auto twice = std::ranges::adjacent_find(names); twice != names.end())
        return fail(Errc::Unsupported,
                    fmt::format("two tensors are named '{}', which a safetensors file cannot hold", *twice));
    return {};
}

std::string metadataJson(const std::map<std::string, std::string>& metadata) {
    std::string json;
    const auto add = [&json](std::string_view key, std::string_view value) {
        json += fmt::format("{}{}:{}", json.empty() ? "" : ",", jsonText(key), jsonText(value));
    };
    if (const auto format = metadata.find("format"); format != metadata.end()) add("format", format->second);
    for (const auto& [key, value] : metadata)
        if (key != "format") add(key, value);
    return json;
}

std::vector<std::byte> headerBytes(std::string_view json) {
    const std::uint64_t length = json.size();
    std::vector<std::byte> bytes(sizeof length + json.size());
    std::memcpy(bytes.data(), &length, sizeof length);
    std::ranges::copy(asBytes(json), bytes.begin() + sizeof length);
    return bytes;
}

}  // namespace

std::string_view safetensorsTypeName(DType dtype) noexcept {
    return safetensorsName(dtype == DType::F4_E2M1FN_X2 ? DType::F4 : dtype);
}

Result<PlannedFile> layoutSafetensors(std::string path, std::vector<SafetensorsEntry> entries,
                                      const std::map<std::string, std::string>& metadata) {
    TRY_VOID(checkNames(entries));
    std::ranges::sort(entries, [](const SafetensorsEntry& a, const SafetensorsEntry& b) {
        const auto orderA = typeOrder(a.record.to);
        const auto orderB = typeOrder(b.record.to);
        return orderA != orderB ? orderA < orderB : a.record.name < b.record.name;
    });
    PlannedFile file;
    file.path = std::move(path);
    std::string json = fmt::format("{{\"__metadata__\":{{{}}}", metadataJson(metadata));
    std::uint64_t end = 0;
    for (auto& entry : entries) {
        entry.record.destinationOffset = end;
        const auto next = checkedAdd(end, entry.record.destinationBytes);
        if (!next) return fail(Errc::Overflow, "the sizes of the tensors do not fit 64 bits");
        fmt::format_to(std::back_inserter(json), R"(,{}:{{"dtype":"{}","shape":[{}],"data_offsets":[{},{}]}})",
                       jsonText(entry.record.name), safetensorsTypeName(entry.record.to), fmt::join(entry.shape, ","),
                       end, *next);
        end = *next;
        file.records.push_back(std::move(entry.record));
    }
    json += '}';
    json.resize(alignUp(json.size(), 8), ' ');
    if (json.size() > limits::kSafetensorsHeaderBytes)
        return fail(Errc::Unsupported, fmt::format("the header takes {} bytes, a safetensors file allows {}",
                                                   json.size(), limits::kSafetensorsHeaderBytes));
    const std::uint64_t dataStart = sizeof(std::uint64_t) + json.size();
    for (auto& record : file.records) record.destinationOffset += dataStart;
    file.bytes = dataStart + end;
    file.blobs.push_back({0, headerBytes(json)});
    return file;
}

Result<SafetensorsEntry> safetensorsEntry(const Checkpoint& source, const Selection::Pick& pick) {
    const auto& table = source.tensors;
    const auto refuse = [&](const std::string& why) {
        return fail(Errc::Unsupported, fmt::format("tensor '{}' {}", pick.name, why));
    };
    if (safetensorsTypeName(pick.to).empty() || table.dtypeName(pick.id) != torchName(table.dtype(pick.id)))
        return refuse(fmt::format("is {}, which safetensors has no name for", table.dtypeName(pick.id)));
    TRY_VOID(checkHasValues(table, pick));
    const auto shape = table.shape(pick.id);
    SafetensorsEntry entry;
    entry.shape.assign(shape.begin(), shape.end());
    if (pick.to == DType::F4_E2M1FN_X2) {  // torch counts the bytes that hold two values, safetensors the values
        if (shape.empty()) return refuse("is a single packed byte, which safetensors cannot hold");
        entry.shape.back() *= 2;
    }
    entry.record = elementsRecord(table, pick);
    return entry;
}

}  // namespace plimsoll
