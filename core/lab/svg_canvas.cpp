// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>

#include <fmt/format.h>

#include "lab/canvas.h"

namespace plimsoll {

namespace {

std::string escaped(std::string_view text) {
    std::string result;
    for (const char c : text) {
        if (c == '&')
            result += "&amp;";
        else if (c == '<')
            result += "&lt;";
        else if (c == '>')
            result += "&gt;";
        else if (c == '"')
            result += "&quot;";
        else
            result += static_cast<unsigned char>(c) < 0x20 ? '?' : c;
    }
    return result;
}

std::string_view nameOf(Canvas::Anchor anchor) {
    switch (anchor) {
        case Canvas::Anchor::Start:
            return "start";
        case Canvas::Anchor::Middle:
            return "middle";
        case Canvas::Anchor::End:
            return "end";
    }
    return "start";
}

// A document that grows by elements.
class SvgCanvas final : public Canvas {
public:
    SvgCanvas(double width, double height) {
        text_ = fmt::format(R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0} {1}" width="{0}" height="{1}" )"
                            R"(font-family="sans-serif" font-size="{2}">)"
                            "\n",
                            width, height, kFontSize);
        text_ += fmt::format(R"(<rect width="{}" height="{}" fill="#ffffff"/>)"
                             "\n",
                             width, height);
    }
    void text(double x, double y, std::string_view text, Anchor anchor, bool title) override {
        text_ +=
            fmt::format(R"(<text x="{:.1f}" y="{:.1f}" text-anchor="{}" fill="#{:06x}"{}>{}</text>)"
                        "\n",
                        x, y, nameOf(anchor), kInk,
                        title ? fmt::format(R"( font-size="{}" font-weight="bold")", kTitleSize) : "", escaped(text));
    }
    void path(std::span<const std::pair<double, double>> points, const Stroke& stroke) override {
        text_ += R"(<polyline points=")";
        for (const auto& [x, y] : points) text_ += fmt::format("{:.1f},{:.1f} ", x, y);
        text_ += fmt::format(R"(" fill="none" stroke="#{:06x}" stroke-width="{}" stroke-linejoin="round"{}/>)"
                             "\n",
                             stroke.colour, stroke.width, stroke.dashed ? R"( stroke-dasharray="6 4")" : "");
    }
    void box(double x, double y, double width, double height, Colour colour, double opacity) override {
        text_ += fmt::format(
            R"(<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" fill="#{:06x}" fill-opacity="{:.2f}"/>)"
            "\n",
            x, y, std::max(width, 0.0), height, colour, opacity);
    }
    Result<std::string> finish() override { return std::move(text_) + "</svg>\n"; }

private:
    std::string text_;
};

}  // namespace

std::unique_ptr<Canvas> makeSvgCanvas(double width, double height) {
    return std::make_unique<SvgCanvas>(width, height);
}

}  // namespace plimsoll
