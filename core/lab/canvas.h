// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace plimsoll {

// What a chart is drawn on, from its top left corner; filled with white before.
class Canvas {
public:
    using Colour = std::uint32_t;  // 0xRRGGBB
    enum class Anchor : std::uint8_t { Start, Middle, End };
    struct Stroke {
        Colour colour = 0;
        double width = 1;
        bool dashed = false;
    };

    virtual ~Canvas() = default;
    //   title  larger, and bold
    virtual void text(double x, double y, std::string_view text, Anchor anchor, bool title = false) = 0;
    virtual void path(std::span<const std::pair<double, double>> points, const Stroke& stroke) = 0;
    virtual void box(double x, double y, double width, double height, Colour colour, double opacity) = 0;
    // The document's bytes; nothing can be drawn after it.
    [[nodiscard]] virtual Result<std::string> finish() = 0;

    static constexpr Colour kInk = 0x22262b;
    static constexpr double kFontSize = 12;
    static constexpr double kTitleSize = 15;
};

[[nodiscard]] std::unique_ptr<Canvas> makeSvgCanvas(double width, double height);
[[nodiscard]] Result<std::unique_ptr<Canvas>> makePngCanvas(double width, double height);

}  // namespace plimsoll
