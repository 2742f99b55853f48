// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QtTest>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/byte_cursor.h"
#include "convert/plan.h"

namespace plimsoll {

inline Recipe recipeFor(Target target) {
    Recipe recipe;
    recipe.target = target;
    recipe.destination = target == Target::Pth ? "out.pth" : "out.safetensors";
    return recipe;
}

inline const PlannedRecord* recordNamed(const Plan& plan, const std::string& name) {
    for (const auto& file : plan.files)
        for (const auto& record : file.records)
            if (record.name == name) return &record;
    return nullptr;
}

inline bool mentions(const std::vector<std::string>& lines, const std::string& text) {
    return std::ranges::any_of(lines, [&](const auto& line) { return line.find(text) != std::string::npos; });
}

inline std::string header(const Plan& plan) {
    return std::string(asText(plan.files.front().blobs.front().bytes).substr(8));
}

// Nothing of a file is written twice, nothing is left out but padding, and nothing lies beyond its end.
inline void verifyLayout(const PlannedFile& file) {
    std::vector<std::pair<std::uint64_t, std::uint64_t>> parts;
    for (const auto& record : file.records)
        parts.emplace_back(record.destinationOffset, record.destinationOffset + record.destinationBytes);
    for (const auto& blob : file.blobs) {
        // The checksums of small members are put over their headers.
        if (blob.bytes.size() == 4 && !file.records.empty() && !file.records.front().crcPlaces.empty()) continue;
        parts.emplace_back(blob.offset, blob.offset + blob.bytes.size());
    }
    std::ranges::sort(parts);
    std::uint64_t end = 0;
    for (const auto& [from, to] : parts) {
        QVERIFY(from >= end);
        end = to;
    }
    QVERIFY(end <= file.bytes);
    QVERIFY(std::ranges::is_sorted(file.records, {}, &PlannedRecord::destinationOffset));
}

}  // namespace plimsoll
