// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/result.h"

namespace plimsoll {

// Turns the SIGBUS of a read from a lost page of a registered mapping into a page of zeros and a note.
// One handler per process, installed with the first mapping; a SIGBUS elsewhere goes to the handler that was there
// before. All functions are safe from any thread.
namespace sigbus_guard {

// How many mappings may be registered at once: checkpoints of 1,000 shards, several of them.
inline constexpr int kSlots = 16'384;

// Watches [address, address + bytes), a mapping of `fd` from its offset 0. Returns the slot.
//   errors  OverLimit with kSlots mappings, Io where the handler cannot be installed
[[nodiscard]] Result<int> watch(const std::byte* address, std::uint64_t bytes, int fd);

// Ends it; call before munmap.
void unwatch(int slot) noexcept;

// File offset of the first page of the mapping that was lost, kNoOffset where none was.
[[nodiscard]] std::uint64_t firstLostOffset(int slot) noexcept;

}  // namespace sigbus_guard
}  // namespace plimsoll
