// SPDX-License-Identifier: GPL-3.0-or-later
#include <cstddef>
#include <cstdint>

#include "zip/zip_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr std::uint64_t kMemberBytes = 1 << 20;
    const auto zip = plimsoll::ZipReader::open(std::as_bytes(std::span(data, size)));
    if (!zip) return 0;
    for (const auto& entry : zip->entries()) {
        (void)zip->find(entry.name);
        (void)zip->read(entry, kMemberBytes);
    }
    return 0;
}
