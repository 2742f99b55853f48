// SPDX-License-Identifier: GPL-3.0-or-later
#include "convert/tensor_files_plan.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "convert/stop_check.h"
#include "convert/tensor_archive.h"
#include "formats/tensors/file_names.h"

namespace plimsoll {

Result<TensorFilesPlan> planTensorFiles(const Checkpoint& source, const Selection& selection,
                                        std::vector<PlainEntry> entries, std::span<const Composite> composites,
                                        const std::string& destination, const std::stop_token& stop) {
    TensorFilesPlan plan;
    const auto add = [&](const std::string& name, PlannedFile file) {
        const auto fileName = tensorFileName(name);
        plan.fileOfTensor.emplace(name, fileName);
        for (const auto& record : file.records) plan.tensorBytes += record.destinationBytes;
        file.path = destination + "/" + fileName;
        plan.files.push_back(std::move(file));
    };
    StopCheck check(stop);
    for (auto& entry : entries) {
        if (check.stopped()) return cancelled();
        const std::string name = entry.record.name;
        TRY(auto archive, tensorArchive(std::move(entry), ArchiveUse::File));
        add(name, describedArchive(std::move(archive), ArchiveUse::File));
    }
    for (const auto& composite : composites) {
        if (stop.stop_requested()) return cancelled();
        TRY(auto made, objectArchive(source, source.values, composite.object, selection.to, ArchiveUse::File));
        add(composite.name, std::move(made.file));
        plan.parts.insert(plan.parts.end(), made.picks.begin(), made.picks.end());
        std::ranges::move(made.notes, std::back_inserter(plan.notes));
    }
    return plan;
}

}  // namespace plimsoll
