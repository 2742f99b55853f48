// SPDX-License-Identifier: GPL-3.0-or-later
#include "load_table.h"

#include <array>

#include <fmt/format.h>

#include "base/glob.h"
#include "text.h"

namespace plimsoll::cli {

void printLoadTable(Output& out, const LoadReport& report) {
    const auto& runs = report.runs;
    out << fmt::format("{}: {} of weights\n", printable(report.path), formatByteSize(report.modelBytes));
    constexpr std::array<Column, 10> kColumns{{{"strategy"},
                                               {"device"},
                                               {"seconds", true},
                                               {"peak RSS", true},
                                               {"anonymous", true},
                                               {"file-backed", true},
                                               {"kernel peak", true},
                                               {"GPU allocated", true},
                                               {"GPU reserved", true},
                                               {"result"}}};
    printTable(out, kColumns, runs.size(), [&](std::size_t row, std::size_t column) -> std::string {
        const LoadRun& run = runs[row];
        switch (column) {
            case 0:
                return run.strategy;
            case 1:
                return run.device;
            case 2:
                return fmt::format("{:.3f}", run.seconds);
            case 3:
                return formatByteSize(run.host.peakRss);
            case 4:
                return formatByteSize(run.host.peakAnon);
            case 5:
                return formatByteSize(run.host.peakFile);
            case 6:
                return formatByteSize(run.host.vmHwm);
            case 7:
                return run.devicePeaks ? formatByteSize(run.devicePeaks->peakAllocated) : "";
            case 8:
                return run.devicePeaks ? formatByteSize(run.devicePeaks->peakReserved) : "";
            default:
                return run.error ? printable(*run.error) : run.verified ? "verified" : "checksum differs";
        }
    });
    for (const LoadRun& run : runs)
        for (const std::string& note : run.notes) out << run.strategy << ": " << printable(note) << "\n";
}

}  // namespace plimsoll::cli
