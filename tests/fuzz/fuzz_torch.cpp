// SPDX-License-Identifier: GPL-3.0-or-later
#include "open_and_read.h"

// Torch files of every age, as a whole: archive or stream, pickles, storages, names, values.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const MemoryFile file("torch");
    file.write(data, size);
    openAndRead(file.path());
    return 0;
}
