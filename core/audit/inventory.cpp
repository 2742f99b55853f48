// SPDX-License-Identifier: GPL-3.0-or-later
#include <utility>

#include "audit/audit.h"
#include "audit/layers.h"
#include "audit/optimizer_link.h"
#include "audit/roles.h"
#include "audit/storage_use.h"
#include "audit/structure.h"

namespace plimsoll {

AuditReport auditInventory(std::shared_ptr<const Checkpoint> checkpoint) {
    AuditReport report;
    const TensorTable& table = checkpoint->tensors;
    const auto structure = findStructure(*checkpoint);
    auto roles = assignRoles(*checkpoint, structure);
    report.rules = std::move(roles.rules);
    report.ruleOf = std::move(roles.ruleOf);
    report.fileBytes = checkpoint->fileBytes();
    report.outside = bytesOutsideStorages(*checkpoint);
    report.checkpoint = std::move(checkpoint);

    std::vector<std::uint8_t> rank(table.size());
    for (std::size_t row = 0; row < rank.size(); ++row)
        rank[row] = static_cast<std::uint8_t>(report.rules[report.ruleOf[row]].role);
    auto use = measureStorages(table, rank);
    report.tied = std::move(use.tied);
    report.storageBytes = use.storageBytes;
    report.storedBytes = use.storedBytes;
    report.unusedStorageBytes = use.unusedBytes;
    report.wastes = std::move(use.wastes);
    report.unusedIsExact = use.exact;

    linkOptimizers(report, structure, use.ownBytes);
    addSums(report, use.ownBytes);
    return report;
}

}  // namespace plimsoll
