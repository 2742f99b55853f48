// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

// Every cap on hostile input, with its reason. Real files stay far below each of them.
namespace plimsoll::limits {

inline constexpr std::uint64_t KiB = 1024;
inline constexpr std::uint64_t MiB = 1024 * KiB;
inline constexpr std::uint64_t GiB = 1024 * MiB;

// safetensors' own cap on its JSON header.
inline constexpr std::uint64_t kSafetensorsHeaderBytes = 100'000'000;

// Inflated size of one zip member that is parsed whole (pickles, text). A million-tensor data.pkl is about 250 MB,
// but torch stores it uncompressed; only a bomb inflates to more than this.
inline constexpr std::uint64_t kInflatedMemberBytes = 128 * MiB;

// Entries of one zip directory; each costs memory of ours, and a directory entry is at least 46 bytes of file.
inline constexpr std::uint64_t kZipEntries = 4'000'000;

// Nesting of containers in a pickle or JSON header; deeper ones only exist to overflow a stack.
inline constexpr std::uint32_t kNestingDepth = 1'000;

// Distinct globals that one pickle names; real ones have tens, and each costs a verdict and a row.
inline constexpr std::uint64_t kPickleGlobals = 100'000;

// Module and name of one global: every import of it looks at them. No module has such a name.
inline constexpr std::uint64_t kPickleGlobalBytes = 8 * KiB;

// One text of a pickle: every byte of it is read to see that it is UTF-8, and a sparse file holds gigabytes for
// nothing.
inline constexpr std::uint64_t kPickleTextBytes = 256 * MiB;

// Values and marks on the stack of a pickle's machine. Picklers group items by the thousand; only a flat tuple of more
// items than this needs more. 24 bytes each.
inline constexpr std::uint64_t kPickleStack = 4'000'000;

// Memory of the value tree that one pickle describes: this much, and so many bytes for each byte that the pickle takes
// in its file. A list of small numbers takes 8; what asks for 20 (empty lists, inflated repetitions) only fills memory.
inline constexpr std::uint64_t kValueTreeBytes = 64 * MiB;
inline constexpr std::uint64_t kValueTreeBytesPerByte = 8;
inline constexpr std::uint64_t kValueTreeMostBytes = 16 * GiB;  // pool marks count in 32 bits

// One text of a pickle that has to be decoded (escapes, latin-1 calls): copied twice meanwhile.
inline constexpr std::uint64_t kPickleDecodedBytes = 64 * MiB;

// Memo indices beyond the stream's length: no pickler gives any, each costs a node.
inline constexpr std::uint64_t kPickleFarMemo = 65'536;

// Dimensions of one tensor: torch itself stops at 64.
inline constexpr std::uint32_t kDimensions = 64;

// JSON index files (weight_map): 1,000,000 names of 100 bytes.
inline constexpr std::uint64_t kIndexBytes = 256 * MiB;

// What a scan unpacks from one file in all: compressed members, archives in archives. More is said to be skipped.
inline constexpr std::uint64_t kScanUnpackedBytes = 2 * GiB;

// Of that, what is in memory at once: the levels of archives in archives.
inline constexpr std::uint64_t kScanHeldBytes = 192 * MiB;

// Archives in archives, pickles in pickles; each level is some stack.
inline constexpr std::uint32_t kScanDepth = 16;

// Bytes of no known kind that a scan searches for the start of a pickle.
inline constexpr std::uint64_t kScanSearchBytes = 256 * MiB;

// Findings, and skipped parts, that are listed of one file.
inline constexpr std::uint64_t kScanRows = 10'000;

// Memory for what was read of files that are paged by this program and not by the kernel (servers, network file
// systems), of all that are open together: an inventory needs their headers, directories and pickles only.
inline constexpr std::uint64_t kPagedBytes = 512 * MiB;

// The journal of a conversion: 28 bytes a block of 1 MiB, and 4 (with losses 68) a small tensor.
inline constexpr std::uint64_t kJournalBytes = GiB;

}  // namespace plimsoll::limits
