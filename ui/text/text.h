// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/result.h"
#include "checkpoint/checkpoint.h"
#include "convert/recipe.h"
#include "tensor/dtype.h"

// The only place where counts, byte counts, durations and names of core become text for people.
namespace plimsoll::ui {

[[nodiscard]] QString toText(std::string_view utf8);

[[nodiscard]] QString bytesText(std::uint64_t bytes);                  // "6.29 GiB"
[[nodiscard]] QString tickBytesText(double bytes);                     // "256 MiB", "1.5 GiB": axis ticks
[[nodiscard]] QString exactBytesText(std::uint64_t bytes);             // "6.29 GiB (6,754,381,824 bytes)"
[[nodiscard]] QString countText(std::uint64_t count);                  // "1,638,400"
[[nodiscard]] QString roundCountText(std::uint64_t count);             // "1.64 billion", "124.4 million", "812"
[[nodiscard]] QString tensorsText(std::uint64_t count);                // "1 tensor", "148 tensors"
[[nodiscard]] QString durationText(double seconds);                    // "0.42 s", "12.3 s", "3 min 05 s", "2 h 10 min"
[[nodiscard]] QString tickSecondsText(double seconds);                 // "0.5 s", "20 s": axis ticks
[[nodiscard]] QString speedText(std::uint64_t bytes, double seconds);  // "1.2 GiB/s"
[[nodiscard]] QString percentText(std::uint64_t part, std::uint64_t whole);  // "12.3 %", "< 0.1 %"
[[nodiscard]] QString timesText(double factor);                              // "1.02 ×"
[[nodiscard]] QString numberText(double value);                              // six significant digits

[[nodiscard]] QString shapeText(std::span<const std::uint64_t> shape);   // "[768, 3072]", "scalar"
[[nodiscard]] QString strideText(std::span<const std::int64_t> stride);  // "[3072, 1]"
[[nodiscard]] QString formatText(Format format);                         // "PyTorch (zip)"
[[nodiscard]] QString targetText(Target target);                         // "PyTorch (.pth)"

// The folder of a path for people: "~/models".
[[nodiscard]] QString shortFolder(const QString& path);
// Of a path or an http(s):// address; an address is absolute as it is.
[[nodiscard]] QString fileName(const QString& path);
[[nodiscard]] QString absolutePath(const QString& path);

// A checkpoint in one line: "PyTorch (zip) · 148 tensors · 124.4 million elements · 475 MiB".
[[nodiscard]] QString summaryText(const Checkpoint& checkpoint, std::uint64_t elements);

}  // namespace plimsoll::ui
