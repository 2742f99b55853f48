// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "checkpoint/tensor_reader.h"
#include "formats/reader.h"
#include "formats/registry.h"
#include "memory_file.h"

// Opens a checkpoint as the programs do, and reads the first elements of its first tensors.
inline void openAndRead(const std::string& path) {
    constexpr std::uint32_t kTensors = 16;
    constexpr std::uint64_t kBytes = 4096;
    std::vector<plimsoll::GlobalRef> globals;
    const auto checkpoint = plimsoll::openCheckpoint(path, {}, &globals);
    if (!checkpoint) return;
    const auto& tensors = (*checkpoint)->tensors;
    plimsoll::TensorReader reader(*checkpoint);
    for (std::uint32_t i = 0; i < std::min<std::size_t>(tensors.size(), kTensors); ++i) {
        const plimsoll::TensorId id(i);
        const std::uint32_t bits = plimsoll::bitWidth(tensors.dtype(id));
        const std::uint64_t element = bits == 0 || bits % 8 != 0 ? 1 : bits / 8;
        std::vector<std::byte> out(static_cast<std::size_t>(std::min(tensors.nbytes(id), kBytes) / element * element));
        (void)reader.readElements(id, 0, out);
    }
}

// The same for bytes that the registry takes for one of these formats; others belong to another target.
inline void openOnly(std::initializer_list<std::string_view> formats, const std::uint8_t* data, std::size_t size) {
    static const MemoryFile file("fuzz");
    const auto* const format = plimsoll::probeFile(std::as_bytes(std::span(data, size)));
    if (format == nullptr || std::ranges::find(formats, format->what) == formats.end()) return;
    file.write(data, size);
    openAndRead(file.path());
}
