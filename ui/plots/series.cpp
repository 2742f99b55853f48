// SPDX-License-Identifier: GPL-3.0-or-later
#include "plots/series.h"

#include <algorithm>

namespace plimsoll::ui {

bool Series::append(double x, double y) {
    peak_ = std::max(peak_, y);
    if (inLast_ > 0 && inLast_ < stride_) {
        ++inLast_;
        if (y < points_.back().y) return false;
        points_.back() = {x, y};
        return true;
    }
    points_.push_back({x, y});
    inLast_ = 1;
    if (points_.size() < kCapacity) return false;
    for (std::size_t i = 0; i + 1 < points_.size(); i += 2) {
        points_[i / 2] = points_[i].y >= points_[i + 1].y ? points_[i] : points_[i + 1];
    }
    points_.resize(kCapacity / 2);
    stride_ *= 2;
    inLast_ = stride_;
    return true;
}

double Series::valueAt(double x) const {
    const auto after = std::upper_bound(points_.begin(), points_.end(), x,
                                        [](double value, const Point& point) { return value < point.x; });
    return after == points_.begin() ? 0 : (after - 1)->y;
}

}  // namespace plimsoll::ui
