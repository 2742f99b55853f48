// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "audit/audit.h"
#include "output.h"

namespace plimsoll::cli {

// Tables for people; long lists are cut.
void printAudit(Output& out, const AuditReport& report);

// One JSON document, nothing cut.
void writeAuditJson(Output& out, const AuditReport& report);

// Layers that follow each other, differ in their number only and are alike: "layers.0" to "layers.31".
struct LayerRun {
    std::size_t first = 0;  // index into the layers
    std::size_t count = 1;
};
[[nodiscard]] std::vector<LayerRun> foldLayers(std::span<const LayerSum> layers);

}  // namespace plimsoll::cli
