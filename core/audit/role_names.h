// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace plimsoll {

// What a module path says of the tensors below it.
enum class PathHint : std::uint8_t { None, Optimizer, Ema, Training };

// By the components of `path` (a tensor's name without its last component).
//   nested  the file holds more than a state dict, so that a first component names a part of the training
[[nodiscard]] PathHint hintOfPath(std::string_view path, bool nested) noexcept;

// What a tensor's own name says.
enum class NameHint : std::uint8_t { None, Moment, Buffer, EmaBuffer, RandomState };

//   name   the whole dotted name
//   shape  tells GPT-2's attn.bias, a mask of [1, 1, n, n], from a bias
[[nodiscard]] NameHint hintOfName(std::string_view name, std::span<const std::uint64_t> shape) noexcept;

// "a.b.c" -> "c"; the whole name where there is no dot.
[[nodiscard]] std::string_view lastComponent(std::string_view name) noexcept;

// "a.b.c" -> "a.b"; empty where there is no dot.
[[nodiscard]] std::string_view modulePath(std::string_view name) noexcept;

}  // namespace plimsoll
