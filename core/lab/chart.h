// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace plimsoll {

// A line of a chart; y in bytes.
struct ChartCurve {
    std::string name;        // in the legend; empty: none
    std::size_t colour = 0;  // index into the chart's colours
    bool dashed = false;
    std::vector<std::pair<double, double>> points;
};

struct LineChart {
    std::string title;
    std::string xLabel;
    std::string note;  // under the legend: what solid and dashed lines are
    std::vector<ChartCurve> curves;
    // A height to compare with, and its name; 0: none.
    double reference = 0;
    std::string referenceName;
};

// A row of a bar chart: parts side by side, bytes, and a mark where a value was expected.
struct ChartBar {
    std::string name;
    std::vector<std::uint64_t> parts;
    std::uint64_t mark = 0;  // 0: none
};

struct BarChart {
    std::string title;
    std::vector<std::string> parts;  // their names
    std::string mark;                // its name; empty: none
    std::vector<ChartBar> bars;
};

// A whole SVG document, text as text, readable on light and on dark pages. Curves of more than a few thousand points
// are thinned to the highest of their neighbours.
[[nodiscard]] std::string svgOf(const LineChart& chart);
[[nodiscard]] std::string svgOf(const BarChart& chart);

// The same as a PNG file, two pixels for each unit of the SVG. Unsupported where cairo is not installed or this build
// knows nothing of it.
[[nodiscard]] Result<std::string> pngOf(const LineChart& chart);
[[nodiscard]] Result<std::string> pngOf(const BarChart& chart);

}  // namespace plimsoll
