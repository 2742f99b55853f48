// SPDX-License-Identifier: GPL-3.0-or-later
#include "lab/chart.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include <fmt/format.h>

#include "base/glob.h"
#include "lab/canvas.h"

namespace plimsoll {

namespace {

using Anchor = Canvas::Anchor;
using Points = std::vector<std::pair<double, double>>;

constexpr double kWidth = 860;
constexpr double kLeft = 84;
constexpr double kRight = 20;
constexpr double kTop = 44;
constexpr double kPlotHeight = 300;
constexpr double kPlotWidth = kWidth - kLeft - kRight;
constexpr double kLegendRow = 20;
constexpr double kMostLegendColumns = 4;
constexpr double kLegendSample = 36;  // the line before a name, and its gap
constexpr double kLetter = 6.8;       // of a name, about: no canvas tells widths before it draws
constexpr std::size_t kMaxPoints = 2000;
constexpr std::array<Canvas::Colour, 8> kColours = {0x1b6e9b, 0xc8561b, 0x2f8f57, 0x8a4fb0,
                                                    0xb3324f, 0x8a7414, 0x3f7f86, 0x6b6f76};
constexpr Canvas::Stroke kGrid{0xd5d9de};
constexpr Canvas::Stroke kAxis{0x7a828c};

Canvas::Colour colourOf(std::size_t index) {
    return kColours[index % kColours.size()];
}

void line(Canvas& canvas, double x1, double y1, double x2, double y2, const Canvas::Stroke& stroke) {
    const std::array<std::pair<double, double>, 2> ends{{{x1, y1}, {x2, y2}}};
    canvas.path(ends, stroke);
}

// A step of 1, 2 or 5 times a power of `base`, or the half, quarter or eighth of the next power, that divides `top`
// into at most six.
double niceStep(double top, double base) {
    const double raw = std::max(top, 1e-9) / 6;
    const double power = std::pow(base, std::floor(std::log(raw) / std::log(base)));
    for (const double factor : {1.0, 2.0, 5.0, 10.0, 20.0, 50.0, base / 8, base / 4, base / 2})
        if (factor * power >= raw) return factor * power;
    return base * power;
}

// Bytes per pixel, from 0 to a little more than the highest value.
struct ByteAxis {
    explicit ByteAxis(double top) : step(niceStep(top, 1024)), end(std::max(std::ceil(top / step), 1.0) * step) {}
    double step;
    double end;
};

// From 0 up to and with `top`. Counted, as sums of steps drift.
std::vector<double> ticks(double top, double step) {
    std::vector<double> result;
    for (int n = 0; n * step <= top * 1.001; ++n) result.push_back(n * step);
    return result;
}

std::string byteText(double bytes) {
    return bytes <= 0 ? "0" : formatByteSize(static_cast<std::uint64_t>(bytes));
}

double highest(const LineChart& chart, bool x) {
    double top = x ? 0 : chart.reference;
    for (const ChartCurve& curve : chart.curves)
        for (const auto& [atX, atY] : curve.points) top = std::max(top, x ? atX : atY);
    return top;
}

template <class Named>
double widest(const std::vector<Named>& all) {
    double letters = 0;
    for (const Named& one : all) letters = std::max(letters, static_cast<double>(one.name.size()));
    return letters * kLetter;
}

double legendColumns(const LineChart& chart) {
    return std::clamp(std::floor(kPlotWidth / (kLegendSample + widest(chart.curves) + 12)), 1.0, kMostLegendColumns);
}

double legendRows(const LineChart& chart) {
    const auto named = std::count_if(chart.curves.begin(), chart.curves.end(),
                                     [](const ChartCurve& curve) { return !curve.name.empty(); });
    return std::ceil(static_cast<double>(named) / legendColumns(chart));
}

// In the plot's units; of each group of neighbours the highest.
Points thinned(const ChartCurve& curve, double perX, double perY) {
    const std::size_t group = curve.points.size() / kMaxPoints + 1;
    Points points;
    for (std::size_t at = 0; at < curve.points.size(); at += group) {
        const auto first = curve.points.begin() + static_cast<std::ptrdiff_t>(at);
        const auto last = first + static_cast<std::ptrdiff_t>(std::min(group, curve.points.size() - at));
        const auto top = std::max_element(first, last, [](auto a, auto b) { return a.second < b.second; });
        points.emplace_back(kLeft + top->first * perX, kTop + kPlotHeight - top->second * perY);
    }
    return points;
}

void drawAxes(Canvas& canvas, const ByteAxis& bytes, double seconds, std::string_view xLabel) {
    const double bottom = kTop + kPlotHeight;
    for (const double at : ticks(bytes.end, bytes.step)) {
        const double y = bottom - at / bytes.end * kPlotHeight;
        line(canvas, kLeft, y, kWidth - kRight, y, at == 0 ? kAxis : kGrid);
        canvas.text(kLeft - 8, y + 4, byteText(at), Anchor::End);
    }
    for (const double at : ticks(seconds, niceStep(seconds, 10))) {
        const double x = kLeft + at / seconds * kPlotWidth;
        line(canvas, x, bottom, x, bottom + 5, kAxis);
        canvas.text(x, bottom + 18, fmt::format("{:g}", at), Anchor::Middle);
    }
    canvas.text(kWidth - kRight, bottom + 36, xLabel, Anchor::End);
}

constexpr double kLegendTop = kTop + kPlotHeight + 58;

void drawLegend(Canvas& canvas, const LineChart& chart) {
    double n = 0;
    const double columns = legendColumns(chart);
    for (const ChartCurve& curve : chart.curves) {
        if (curve.name.empty()) continue;
        const double x = kLeft + std::fmod(n, columns) * kPlotWidth / columns;
        const double y = kLegendTop + std::floor(n / columns) * kLegendRow;
        line(canvas, x, y - 4, x + 28, y - 4, {colourOf(curve.colour), 1.8, curve.dashed});
        canvas.text(x + kLegendSample, y, curve.name, Anchor::Start);
        ++n;
    }
    if (!chart.note.empty()) canvas.text(kLeft, kTop + kPlotHeight + 36, chart.note, Anchor::Start);
}

double heightOf(const LineChart& chart) {
    return kLegendTop + legendRows(chart) * kLegendRow;
}

void draw(const LineChart& chart, Canvas& canvas) {
    canvas.text(kLeft, 24, chart.title, Anchor::Start, true);
    const ByteAxis bytes(highest(chart, false));
    const double seconds = std::max(highest(chart, true), 1e-3);
    drawAxes(canvas, bytes, seconds, chart.xLabel);
    const double perByte = kPlotHeight / bytes.end;
    if (chart.reference > 0) {
        const double y = kTop + kPlotHeight - chart.reference * perByte;
        line(canvas, kLeft, y, kWidth - kRight, y, {kAxis.colour, 1, true});
        canvas.text(kLeft + 6, y - 5, chart.referenceName, Anchor::Start);
    }
    for (const ChartCurve& curve : chart.curves)
        canvas.path(thinned(curve, kPlotWidth / seconds, perByte), {colourOf(curve.colour), 1.8, curve.dashed});
    drawLegend(canvas, chart);
}

constexpr double kBarRow = 30;
// Of a bar's parts, in words.
constexpr std::array<std::string_view, 3> kShades = {"full", "pale", "palest"};

double heightOf(const BarChart& chart) {
    return kTop + kBarRow * static_cast<double>(chart.bars.size()) + 64;
}

double highest(const BarChart& chart) {
    double top = 0;
    for (const ChartBar& bar : chart.bars) {
        double sum = 0;
        for (const std::uint64_t part : bar.parts) sum += static_cast<double>(part);
        top = std::max({top, sum, static_cast<double>(bar.mark)});
    }
    return top;
}

void draw(const BarChart& chart, Canvas& canvas) {
    constexpr double kBar = 18;
    const double names = std::clamp(widest(chart.bars) + 20, 130.0, kWidth / 2);
    canvas.text(kLeft, 24, chart.title, Anchor::Start, true);
    const ByteAxis bytes(highest(chart));
    const double bottom = kTop + kBarRow * static_cast<double>(chart.bars.size());
    const double perByte = (kWidth - names - kRight - 40) / bytes.end;
    for (const double at : ticks(bytes.end, bytes.step)) {
        line(canvas, names + at * perByte, kTop, names + at * perByte, bottom, at == 0 ? kAxis : kGrid);
        canvas.text(names + at * perByte, bottom + 18, byteText(at), Anchor::Middle);
    }
    double y = kTop + (kBarRow - kBar) / 2;
    for (std::size_t row = 0; row < chart.bars.size(); ++row, y += kBarRow) {
        const ChartBar& bar = chart.bars[row];
        canvas.text(names - 10, y + 13, bar.name, Anchor::End);
        double x = names;
        for (std::size_t part = 0; part < bar.parts.size(); ++part) {
            const double width = static_cast<double>(bar.parts[part]) * perByte;
            canvas.box(x, y, width, kBar, colourOf(row), 1.0 / (1.0 + 1.5 * static_cast<double>(part)));
            x += width;
        }
        if (bar.mark == 0) continue;
        const double mark = names + static_cast<double>(bar.mark) * perByte;
        line(canvas, mark, y - 3, mark, y + kBar + 3, {Canvas::kInk, 2});
    }
    std::string legend;
    for (std::size_t part = 0; part < chart.parts.size(); ++part)
        legend += fmt::format("{}{}: {}", part == 0 ? "" : ", ", kShades[std::min(part, kShades.size() - 1)],
                              chart.parts[part]);
    if (!chart.mark.empty()) legend += "; line: " + chart.mark;
    canvas.text(names, bottom + 44, legend, Anchor::Start);
}

template <class Chart>
std::string svg(const Chart& chart) {
    const auto canvas = makeSvgCanvas(kWidth, heightOf(chart));
    draw(chart, *canvas);
    return canvas->finish().value_or(std::string());
}

template <class Chart>
Result<std::string> png(const Chart& chart) {
    TRY(const auto canvas, makePngCanvas(kWidth, heightOf(chart)));
    draw(chart, *canvas);
    return canvas->finish();
}

}  // namespace

std::string svgOf(const LineChart& chart) {
    return svg(chart);
}

std::string svgOf(const BarChart& chart) {
    return svg(chart);
}

Result<std::string> pngOf(const LineChart& chart) {
    return png(chart);
}

Result<std::string> pngOf(const BarChart& chart) {
    return png(chart);
}

}  // namespace plimsoll
