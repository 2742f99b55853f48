// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <vector>

namespace plimsoll::ui {

// A curve of fixed capacity: when it is full, each pair of neighbours becomes its higher point, so a peak never gets
// lost and a run of hours costs no more than one of seconds.
class Series {
public:
    struct Point {
        double x = 0;
        double y = 0;
    };
    static constexpr std::size_t kCapacity = 8192;

    // x must not fall. Returns true where earlier points were thinned out.
    bool append(double x, double y);
    [[nodiscard]] const std::vector<Point>& points() const noexcept { return points_; }
    [[nodiscard]] double peak() const noexcept { return peak_; }
    // The value at the last point at or before x; 0 before the first.
    [[nodiscard]] double valueAt(double x) const;

private:
    std::vector<Point> points_;
    std::size_t stride_ = 1;  // raw points per kept point
    std::size_t inLast_ = 0;  // raw points that the last kept point stands for
    double peak_ = 0;
};

}  // namespace plimsoll::ui
