// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace plimsoll {

// A line of a chart; y in bytes.
struct SvgCurve {
    std::string name;        // in the legend; empty: none
    std::size_t colour = 0;  // index into the chart's colours
    bool dashed = false;
    std::vector<std::pair<double, double>> points;
};

struct SvgLineChart {
    std::string title;
    std::string xLabel;
    std::vector<SvgCurve> curves;
};

// A row of a bar chart: parts side by side, bytes, and a mark where a value was expected.
struct SvgBar {
    std::string name;
    std::vector<std::uint64_t> parts;
    std::uint64_t mark = 0;  // 0: none
};

struct SvgBarChart {
    std::string title;
    std::vector<std::string> parts;  // their names
    std::string mark;                // its name; empty: none
    std::vector<SvgBar> bars;
};

// A whole SVG document, text as text, readable on light and on dark pages. Curves of more than a few thousand points
// are thinned to the highest of their neighbours.
[[nodiscard]] std::string svgOf(const SvgLineChart& chart);
[[nodiscard]] std::string svgOf(const SvgBarChart& chart);

}  // namespace plimsoll
