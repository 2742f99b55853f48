// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <optional>

namespace plimsoll::ui {

// Which seconds of curves that may still grow are seen: all of them, or a part, which stays where it is.
class TimeZoom {
public:
    struct Span {
        double start = 0;
        double end = 0;
    };

    void setWhole(double seconds) noexcept { whole_ = seconds; }
    void showAll() noexcept { part_.reset(); }
    // A factor above 1 shows less; what is at the moment `around` stays where it is.
    void zoom(double factor, double around) noexcept {
        const Span now = span();
        const double length = std::max((now.end - now.start) / factor, kLeastSeconds);
        if (length >= whole_) return showAll();
        place(around - (around - now.start) * length / (now.end - now.start), length);
    }
    void move(double seconds) noexcept {
        if (part_) place(part_->start + seconds, part_->end - part_->start);
    }

    [[nodiscard]] bool showsAll() const noexcept { return !part_; }
    [[nodiscard]] Span span() const noexcept { return part_.value_or(Span{0, whole_}); }

private:
    static constexpr double kLeastSeconds = 0.02;  // two samples

    void place(double start, double length) noexcept {
        start = std::clamp(start, 0.0, std::max(whole_ - length, 0.0));
        part_ = Span{start, start + length};
    }

    double whole_ = 1;
    std::optional<Span> part_;
};

}  // namespace plimsoll::ui
