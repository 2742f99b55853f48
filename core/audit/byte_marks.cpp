// SPDX-License-Identifier: GPL-3.0-or-later
#include "audit/byte_marks.h"

#include <algorithm>
#include <bit>
#include <iterator>
#include <map>
#include <numeric>

namespace plimsoll {

namespace {

constexpr std::uint64_t kWindowBits = std::uint64_t{1} << 23U;  // a bitmap of 1 MiB

// True where no two runs of the view overlap: each step leaves behind all that lies below it.
bool runsAreApart(const ViewBytes& view) {
    std::uint64_t below = view.run;
    for (const auto& step : view.steps) {
        if (step.stride < below) return false;
        below += (step.count - 1) * step.stride;
    }
    return true;
}

std::vector<std::uint64_t> measureIntervals(std::span<const ViewBytes> views) {
    std::vector<std::uint64_t> fresh(views.size());
    // The usual case: one tensor after the other, as a flattened parameter holds them.
    std::uint64_t reached = 0;
    const bool inOrder = std::ranges::all_of(views, [&](const ViewBytes& view) {
        if (view.run == 0) return true;
        const bool after = view.begin >= reached;
        reached = view.end();
        return after;
    });
    if (inOrder) {
        std::ranges::transform(views, fresh.begin(), [](const ViewBytes& view) { return view.end() - view.begin; });
        return fresh;
    }
    std::map<std::uint64_t, std::uint64_t> covered;  // begin -> end, apart from each other
    for (std::size_t i = 0; i < views.size(); ++i) {
        if (views[i].run == 0) continue;
        std::uint64_t begin = views[i].begin;
        std::uint64_t end = views[i].end();
        fresh[i] = end - begin;
        auto at = covered.upper_bound(begin);
        if (at != covered.begin() && std::prev(at)->second >= begin) --at;
        while (at != covered.end() && at->first <= end) {
            const std::uint64_t from = std::max(at->first, views[i].begin);
            const std::uint64_t to = std::min(at->second, views[i].end());
            if (to > from) fresh[i] -= to - from;
            begin = std::min(begin, at->first);
            end = std::max(end, at->second);
            at = covered.erase(at);
        }
        covered.emplace(begin, end);
    }
    return fresh;
}

// A part of a storage, one bit per granule.
class Window {
public:
    explicit Window(std::uint64_t& budget) : words_(kWindowBits / 64), budget_(budget) {}

    void moveTo(std::uint64_t begin, std::uint64_t end) {
        std::ranges::fill(words_, std::uint64_t{0});
        begin_ = begin;
        end_ = end;
        spend(words_.size() / 8);  // filling costs less than marking
    }

    // Marks the granules of a view that lie in the window, and gives how many were not marked before.
    std::uint64_t mark(const ViewBytes& view, std::uint64_t granule) {
        granule_ = granule;
        run_ = view.run / granule;
        fresh_ = 0;
        std::vector<std::uint64_t> extents{run_};
        for (const auto& step : view.steps)
            extents.push_back(extents.back() + (step.count - 1) * (step.stride / granule));
        descend(view.steps, extents, view.begin / granule);
        return fresh_;
    }
    [[nodiscard]] bool spent() const noexcept { return spent_; }

private:
    void spend(std::uint64_t work) {
        if (work > budget_) spent_ = true;
        budget_ -= std::min(work, budget_);
    }

    // Only those repetitions that touch the window.
    void descend(std::span<const ViewBytes::Step> steps, std::span<const std::uint64_t> extents, std::uint64_t at) {
        if (steps.empty()) return setRange(std::max(at, begin_), std::min(at + run_, end_));
        const auto& step = steps.back();
        const std::uint64_t stride = step.stride / granule_;
        const std::uint64_t below = extents[extents.size() - 2];
        const std::uint64_t first = at + below > begin_ ? 0 : (begin_ - at - below) / stride + 1;
        for (std::uint64_t i = first; i < step.count && !spent_; ++i) {
            const std::uint64_t from = at + i * stride;
            if (from >= end_) break;
            descend(steps.first(steps.size() - 1), extents.first(extents.size() - 1), from);
        }
    }

    void setRange(std::uint64_t from, std::uint64_t to) {
        if (from >= to) return spend(1);
        from -= begin_;
        to -= begin_;
        spend(1 + (to - from) / 64);
        while (from < to) {
            const std::uint64_t bit = from % 64;
            const std::uint64_t count = std::min<std::uint64_t>(64 - bit, to - from);
            const std::uint64_t mask = (count == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1) << bit;
            std::uint64_t& word = words_[static_cast<std::size_t>(from / 64)];
            fresh_ += static_cast<std::uint64_t>(std::popcount(mask & ~word));
            word |= mask;
            from += count;
        }
    }

    std::vector<std::uint64_t> words_;
    std::uint64_t& budget_;
    std::uint64_t begin_ = 0;  // granules
    std::uint64_t end_ = 0;
    std::uint64_t granule_ = 1;
    std::uint64_t run_ = 0;
    std::uint64_t fresh_ = 0;
    bool spent_ = false;
};

}  // namespace

std::vector<std::uint64_t> ByteMarks::measureMarked(std::span<const ViewBytes> views, std::uint64_t granule) {
    std::vector<std::uint64_t> fresh(views.size());
    std::uint64_t begin = ~std::uint64_t{0};
    std::uint64_t end = 0;
    for (const auto& view : views) {
        if (view.run == 0) continue;
        begin = std::min(begin, view.begin / granule);
        end = std::max(end, view.end() / granule);
    }
    Window window(budget_);
    for (std::uint64_t at = begin; at < end && !window.spent(); at += kWindowBits) {
        const std::uint64_t to = std::min(at + kWindowBits, end);
        window.moveTo(at, to);
        for (std::size_t i = 0; i < views.size() && !window.spent(); ++i) {
            const auto& view = views[i];
            if (view.run != 0 && view.begin / granule < to && view.end() / granule > at)
                fresh[i] += window.mark(view, granule) * granule;
        }
    }
    if (!window.spent()) return fresh;
    exact_ = false;
    return measureIntervals(views);
}

std::vector<std::uint64_t> ByteMarks::measure(std::span<const ViewBytes> views) {
    if (std::ranges::all_of(views, [](const ViewBytes& view) { return view.steps.empty(); }))
        return measureIntervals(views);
    std::uint64_t granule = 0;
    for (const auto& view : views) {
        if (view.run == 0) continue;
        granule = std::gcd(granule, std::gcd(view.begin, view.run));
        for (const auto& step : view.steps) granule = std::gcd(granule, step.stride);
    }
    return measureMarked(views, granule);
}

std::uint64_t ByteMarks::measureOne(const ViewBytes& view) {
    if (runsAreApart(view)) return view.run * view.runs();
    return measure(std::span(&view, 1)).front();
}

}  // namespace plimsoll
