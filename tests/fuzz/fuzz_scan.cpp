// SPDX-License-Identifier: GPL-3.0-or-later
#include "findings/scan.h"
#include "memory_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const MemoryFile file("scan");
    file.write(data, size);
    plimsoll::ProgressCounter progress;
    if (const auto report = plimsoll::scan(file.path(), progress, {}))
        for (const auto& one : report->files) (void)plimsoll::allFindings(one);
    return 0;
}
