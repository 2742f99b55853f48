// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QString>
#include <cstdint>
#include <stop_token>
#include <string_view>
#include <vector>

#include "checkpoint/checkpoint.h"

namespace plimsoll::ui {

enum class ColourBy : std::uint8_t { Part, DType };

// A colour for each tensor, and what the colours stand for.
struct TensorColours {
    static constexpr int kOther = 7;  // theme's seriesColour of all that have no colour of their own: grey

    struct Entry {
        QString name;
        std::uint64_t bytes = 0;
        int colourIndex = 0;
    };
    std::vector<std::uint8_t> of;  // by TensorId: theme's seriesColour
    QList<Entry> legend;           // most bytes first, what has no colour of its own last
};

// Which part of a model a tensor is by its name: the component after the first number ("attn" in "h.3.attn.bias"), so
// that the parts of all layers have one colour; without a number the module that holds the tensor.
[[nodiscard]] std::string_view partOf(std::string_view name) noexcept;

// The seven that have most bytes get a colour. O(tensors).
[[nodiscard]] TensorColours colourTensors(const Checkpoint& checkpoint, ColourBy by, const std::stop_token& stop = {});

}  // namespace plimsoll::ui
