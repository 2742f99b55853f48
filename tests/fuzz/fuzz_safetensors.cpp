// SPDX-License-Identifier: GPL-3.0-or-later
#include "open_and_read.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    openOnly({"safetensors"}, data, size);
    return 0;
}
