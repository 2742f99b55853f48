// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "checkpoint/checkpoint.h"
#include "json_writer.h"
#include "output.h"

namespace plimsoll::cli {

enum class SortBy : std::uint8_t { File, Name, Size, DType, Offset };  // File: the order in which the file has them

[[nodiscard]] std::vector<TensorId> allTensors(const TensorTable& table);

// Names in natural order, sizes from the largest; equal keys keep their order.
void sortTensors(std::vector<TensorId>& rows, const Checkpoint& checkpoint, SortBy by);

// "f32", "q4_k"; for a type that is not ours what the file calls it.
[[nodiscard]] std::string dtypeText(const TensorTable& table, TensorId id);

// CLI.md's JSON of `inspect`, with the tensors of `rows`.
void writeInventoryJson(JsonWriter& json, const Checkpoint& checkpoint, std::span<const TensorId> rows);

// The "pickle" member alone.
void writeGlobalsJson(JsonWriter& json, std::span<const GlobalRef> globals);

// Name, format, files and size of the checkpoint.
void printHeading(Output& out, const Checkpoint& checkpoint);
// What a table shows of a tensor: its name, dtype, shape (0 to 2), else its size.
[[nodiscard]] std::string tensorCell(const TensorTable& table, TensorId id, std::size_t column);
void printTensors(Output& out, const Checkpoint& checkpoint, std::span<const TensorId> rows);
// The tensors as a tree by the dots of their names, each module with its sum.
void printTree(Output& out, const Checkpoint& checkpoint, std::span<const TensorId> rows);
// Counts and bytes by dtype and in all.
void printSummary(Output& out, const Checkpoint& checkpoint, std::span<const TensorId> rows);
// One line of totals.
void printTotals(Output& out, const Checkpoint& checkpoint, std::span<const TensorId> rows);
// Globals that are not safe, warnings about the file, and notes about how it is read.
void printFindings(Output& out, const Checkpoint& checkpoint);

}  // namespace plimsoll::cli
