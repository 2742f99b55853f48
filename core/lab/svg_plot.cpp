// SPDX-License-Identifier: GPL-3.0-or-later
#include "lab/svg_plot.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include <fmt/format.h>

#include "base/glob.h"

namespace plimsoll {

namespace {

constexpr double kWidth = 860;
constexpr double kLeft = 84;
constexpr double kRight = 20;
constexpr double kTop = 44;
constexpr double kPlotHeight = 300;
constexpr double kLegendRow = 20;
constexpr std::size_t kMaxPoints = 2000;
constexpr std::array<std::string_view, 8> kColours = {"#1b6e9b", "#c8561b", "#2f8f57", "#8a4fb0",
                                                      "#b3324f", "#8a7414", "#3f7f86", "#6b6f76"};

std::string_view colourOf(std::size_t index) {
    return kColours[index % kColours.size()];
}

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

// A document that grows by elements.
class Svg {
public:
    Svg(double height, std::string_view title) {
        text_ = fmt::format(R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0} {1}" width="{0}" height="{1}" )"
                            R"(font-family="sans-serif" font-size="12">)"
                            "\n",
                            kWidth, height);
        text_ += fmt::format(R"(<rect width="{}" height="{}" fill="#ffffff"/>)"
                             "\n",
                             kWidth, height);
        label(kLeft, 24, title, "start", R"( font-size="15" font-weight="bold")");
    }
    void label(double x, double y, std::string_view text, std::string_view anchor, std::string_view more = "") {
        text_ += fmt::format(R"(<text x="{:.1f}" y="{:.1f}" text-anchor="{}" fill="#22262b"{}>{}</text>)"
                             "\n",
                             x, y, anchor, more, escaped(text));
    }
    void line(double x1, double y1, double x2, double y2, std::string_view style) {
        text_ += fmt::format(R"(<line x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}" {}/>)"
                             "\n",
                             x1, y1, x2, y2, style);
    }
    void box(double x, double y, double width, double height, std::string_view colour, double opacity) {
        text_ += fmt::format(
            R"(<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" fill="{}" fill-opacity="{:.2f}"/>)"
            "\n",
            x, y, std::max(width, 0.0), height, colour, opacity);
    }
    void path(const std::string& points, std::string_view colour, bool dashed) {
        text_ += fmt::format(R"(<polyline points="{}" fill="none" stroke="{}" stroke-width="1.8"{}/>)"
                             "\n",
                             points, colour, dashed ? R"( stroke-dasharray="6 4")" : "");
    }
    [[nodiscard]] std::string finish() { return std::move(text_) + "</svg>\n"; }

private:
    std::string text_;
};

constexpr std::string_view kGrid = R"(stroke="#d5d9de" stroke-width="1")";
constexpr std::string_view kAxis = R"(stroke="#7a828c" stroke-width="1")";

// A step of 1, 2 or 5 times a power of `base` that divides `top` into at most six.
double niceStep(double top, double base) {
    const double raw = std::max(top, 1e-9) / 6;
    const double power = std::pow(base, std::floor(std::log(raw) / std::log(base)));
    for (const double factor : {1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0})
        if (factor * power >= raw) return factor * power;
    return 1000 * power;
}

// Bytes per pixel, from 0 to a little more than the highest value.
struct ByteAxis {
    explicit ByteAxis(double top) : step(niceStep(top, 1024)), end(std::max(std::ceil(top / step), 1.0) * step) {}
    double step;
    double end;
};

std::string byteText(double bytes) {
    return bytes <= 0 ? "0" : formatByteSize(static_cast<std::uint64_t>(bytes));
}

double highest(const SvgLineChart& chart, bool x) {
    double top = 0;
    for (const SvgCurve& curve : chart.curves)
        for (const auto& [atX, atY] : curve.points) top = std::max(top, x ? atX : atY);
    return top;
}

// Of each group of neighbours the highest.
std::string thinned(const SvgCurve& curve, double perX, double perY) {
    const std::size_t group = curve.points.size() / kMaxPoints + 1;
    std::string text;
    for (std::size_t at = 0; at < curve.points.size(); at += group) {
        const auto first = curve.points.begin() + static_cast<std::ptrdiff_t>(at);
        const auto last = first + static_cast<std::ptrdiff_t>(std::min(group, curve.points.size() - at));
        const auto top = std::max_element(first, last, [](auto a, auto b) { return a.second < b.second; });
        text += fmt::format("{:.1f},{:.1f} ", kLeft + top->first * perX, kTop + kPlotHeight - top->second * perY);
    }
    return text;
}

void drawAxes(Svg& svg, const ByteAxis& bytes, double seconds, std::string_view xLabel) {
    const double bottom = kTop + kPlotHeight;
    const double width = kWidth - kLeft - kRight;
    for (double at = 0; at <= bytes.end * 1.001; at += bytes.step) {
        const double y = bottom - at / bytes.end * kPlotHeight;
        svg.line(kLeft, y, kWidth - kRight, y, at == 0 ? kAxis : kGrid);
        svg.label(kLeft - 8, y + 4, byteText(at), "end");
    }
    const double step = niceStep(seconds, 10);
    for (double at = 0; at <= seconds * 1.001; at += step) {
        const double x = kLeft + at / seconds * width;
        svg.line(x, bottom, x, bottom + 5, kAxis);
        svg.label(x, bottom + 18, fmt::format("{:g}", at), "middle");
    }
    svg.label(kWidth - kRight, bottom + 36, xLabel, "end");
}

}  // namespace

std::string svgOf(const SvgLineChart& chart) {
    const auto named = static_cast<double>(std::count_if(chart.curves.begin(), chart.curves.end(),
                                                         [](const SvgCurve& curve) { return !curve.name.empty(); }));
    constexpr double kPerRow = 3;
    const double legendTop = kTop + kPlotHeight + 62;
    Svg svg(legendTop + std::ceil(named / kPerRow) * kLegendRow, chart.title);
    const ByteAxis bytes(highest(chart, false));
    const double seconds = std::max(highest(chart, true), 1e-3);
    drawAxes(svg, bytes, seconds, chart.xLabel);
    const double perX = (kWidth - kLeft - kRight) / seconds;
    double n = 0;
    for (const SvgCurve& curve : chart.curves) {
        svg.path(thinned(curve, perX, kPlotHeight / bytes.end), colourOf(curve.colour), curve.dashed);
        if (curve.name.empty()) continue;
        const double x = kLeft + std::fmod(n, kPerRow) * (kWidth - kLeft - kRight) / kPerRow;
        const double y = legendTop + std::floor(n / kPerRow) * kLegendRow;
        svg.path(fmt::format("{:.1f},{:.1f} {:.1f},{:.1f}", x, y - 4, x + 28, y - 4), colourOf(curve.colour),
                 curve.dashed);
        svg.label(x + 36, y, curve.name, "start");
        ++n;
    }
    return svg.finish();
}

std::string svgOf(const SvgBarChart& chart) {
    constexpr double kRow = 30;
    constexpr double kBar = 18;
    constexpr double kNames = 130;
    double top = 0;
    for (const SvgBar& bar : chart.bars) {
        double sum = 0;
        for (const std::uint64_t part : bar.parts) sum += static_cast<double>(part);
        top = std::max({top, sum, static_cast<double>(bar.mark)});
    }
    const ByteAxis bytes(top);
    const double bottom = kTop + kRow * static_cast<double>(chart.bars.size());
    const double perByte = (kWidth - kNames - kRight - 40) / bytes.end;
    Svg svg(bottom + 64, chart.title);
    for (double at = 0; at <= bytes.end * 1.001; at += bytes.step) {
        svg.line(kNames + at * perByte, kTop, kNames + at * perByte, bottom, at == 0 ? kAxis : kGrid);
        svg.label(kNames + at * perByte, bottom + 18, byteText(at), "middle");
    }
    double y = kTop + (kRow - kBar) / 2;
    for (std::size_t row = 0; row < chart.bars.size(); ++row, y += kRow) {
        const SvgBar& bar = chart.bars[row];
        svg.label(kNames - 10, y + 13, bar.name, "end");
        double x = kNames;
        for (std::size_t part = 0; part < bar.parts.size(); ++part) {
            const double width = static_cast<double>(bar.parts[part]) * perByte;
            svg.box(x, y, width, kBar, colourOf(row), 1.0 / static_cast<double>(part + 1));
            x += width;
        }
        if (bar.mark == 0) continue;
        const double mark = kNames + static_cast<double>(bar.mark) * perByte;
        svg.line(mark, y - 3, mark, y + kBar + 3, R"(stroke="#22262b" stroke-width="2")");
    }
    std::string legend;
    for (std::size_t part = 0; part < chart.parts.size(); ++part)
        legend += fmt::format("{}{}{}", part == 0 ? "" : ", ", part == 0 ? "full: " : "pale: ", chart.parts[part]);
    if (!chart.mark.empty()) legend += "; line: " + chart.mark;
    svg.label(kNames, bottom + 44, legend, "start");
    return svg.finish();
}

}  // namespace plimsoll
