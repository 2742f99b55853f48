// SPDX-License-Identifier: GPL-3.0-or-later
#include "compare/diff.h"

#include <algorithm>
#include <utility>

#include "compare/pairing.h"
#include "compare/value_diff.h"

namespace plimsoll {

Result<DiffReport> diff(std::shared_ptr<const Checkpoint> a, std::shared_ptr<const Checkpoint> b,
                        const DiffOptions& options, ProgressSink& progress, const std::stop_token& stop) {
    DiffReport report;
    report.a = std::move(a);
    report.b = std::move(b);
    pairTensors(report, options.renames);
    if (options.renames.empty()) suggestRename(report);
    if (options.values) TRY_VOID(compareValues(report, options.threads, progress, stop));
    report.same = static_cast<std::uint64_t>(std::ranges::count_if(report.pairs, &TensorPair::same));
    return report;
}

}  // namespace plimsoll
