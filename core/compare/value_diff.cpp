// SPDX-License-Identifier: GPL-3.0-or-later
#include "compare/value_diff.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "base/workers.h"
#include "checkpoint/tensor_reader.h"
#include "tensor/dequantize.h"

namespace plimsoll {

namespace {

constexpr std::uint64_t kBlockElements = std::uint64_t{128} * 1024;
// Of one work item: a multiple of the block.
constexpr std::uint64_t kItemElements = 64 * kBlockElements;

// Packed types and those whose values are not known are compared as bytes.
bool hasWholeBytes(DType dtype) noexcept {
    return bitWidth(dtype) != 0 && bitWidth(dtype) % 8 == 0;
}

std::uint64_t widthOf(DType dtype) noexcept {
    return hasWholeBytes(dtype) ? bitWidth(dtype) / 8 : 1;
}

// A part of a pair: elements, or bytes where the types have no values.
struct Item {
    std::size_t pair = 0;
    std::uint64_t first = 0;
    std::uint64_t count = 0;
};

// What was seen of an item, joined in the order of items so that sums do not depend on threads.
struct Seen {
    DifferenceSums sums;
    bool unequalBytes = false;
};

struct Sides {
    TensorReader a;
    TensorReader b;
    std::vector<std::byte> left;
    std::vector<std::byte> right;
};

class Comparing {
public:
    Comparing(DiffReport& report, ProgressSink& progress, const std::stop_token& stop)
        : report_(report), a_(report.a->tensors), b_(report.b->tensors), progress_(progress), stop_(stop) {}

    Result<void> run(unsigned threads) {
        report_.values.resize(report_.pairs.size());
        std::uint64_t bytes = 0;
        for (std::size_t i = 0; i < report_.pairs.size(); ++i) bytes += addItems(i);
        progress_.announce(bytes);
        seen_.resize(items_.size());
        const auto makeWork = [this]() -> ItemWork {
            auto sides =
                std::make_shared<Sides>(Sides{TensorReader(report_.a, stop_), TensorReader(report_.b, stop_), {}, {}});
            return [this, sides](std::size_t item) { return compare(*sides, item); };
        };
        TRY_VOID(runWorkers(items_.size(), threads, makeWork, stop_));
        join();
        return {};
    }

private:
    // Gives the bytes that will be read.
    std::uint64_t addItems(std::size_t index) {
        const TensorPair& pair = report_.pairs[index];
        ValueDiff& value = report_.values[index];
        value.why = whyNot(pair);
        if (!value.why.empty()) return 0;
        const bool byValue = canCompare(valueType(a_.dtype(pair.a)), valueType(b_.dtype(pair.b)));
        value.state = byValue ? ValueDiff::State::Compared : ValueDiff::State::EqualBytes;
        const std::uint64_t total = byValue ? a_.elements(pair.a) : a_.nbytes(pair.a);
        // One worker inflates a compressed storage from its start to its end.
        const bool stream = a_.storage(pair.a).encoding == StorageEncoding::Deflated ||
                            b_.storage(pair.b).encoding == StorageEncoding::Deflated;
        const std::uint64_t most = stream ? total : kItemElements;
        for (std::uint64_t first = 0; first < total; first += most)
            items_.push_back({index, first, std::min(most, total - first)});
        return total * (widthOf(valueType(a_.dtype(pair.a))) + widthOf(valueType(b_.dtype(pair.b))));
    }

    [[nodiscard]] std::string whyNot(const TensorPair& pair) const {
        if (pair.shapeDiffers) return "shapes differ";
        if (a_.nbytes(pair.a) > 0 && (a_.storage(pair.a).encoding == StorageEncoding::Absent ||
                                      b_.storage(pair.b).encoding == StorageEncoding::Absent))
            return "one side has no bytes";
        if (canCompare(valueType(a_.dtype(pair.a)), valueType(b_.dtype(pair.b))) || !pair.dtypeDiffers) return {};
        return fmt::format("{} against {}", a_.dtypeName(pair.a), b_.dtypeName(pair.b));
    }

    Result<void> compare(Sides& sides, std::size_t index) {
        const Item& item = items_[index];
        const TensorPair& pair = report_.pairs[item.pair];
        const DType left = valueType(a_.dtype(pair.a));
        const DType right = valueType(b_.dtype(pair.b));
        Seen& seen = seen_[index];
        std::optional<ElementComparison> comparison;
        if (report_.values[item.pair].state == ValueDiff::State::Compared) comparison.emplace(left, right);
        for (std::uint64_t done = 0; done < item.count; done += kBlockElements) {
            if (stop_.stop_requested()) return cancelled();
            const std::uint64_t count = std::min(kBlockElements, item.count - done);
            sides.left.resize(static_cast<std::size_t>(count * widthOf(left)));
            sides.right.resize(static_cast<std::size_t>(count * widthOf(right)));
            TRY_VOID(sides.a.readValues(pair.a, item.first + done, sides.left));
            TRY_VOID(sides.b.readValues(pair.b, item.first + done, sides.right));
            if (comparison)
                TRY_VOID(comparison->add(sides.left, sides.right, seen.sums));
            else
                seen.unequalBytes = seen.unequalBytes || sides.left != sides.right;
            progress_.advance(sides.left.size() + sides.right.size());
        }
        return {};
    }

    void join() {
        for (auto item = items_.begin(); item != items_.end();) {
            const std::size_t index = item->pair;
            auto& whole = seen_[static_cast<std::size_t>(item - items_.begin())];
            for (++item; item != items_.end() && item->pair == index; ++item) {
                const Seen& part = seen_[static_cast<std::size_t>(item - items_.begin())];
                whole.sums.merge(part.sums);
                whole.unequalBytes = whole.unequalBytes || part.unequalBytes;
            }
            ValueDiff& value = report_.values[index];
            value.difference = whole.sums.result();
            if (whole.unequalBytes) value.state = ValueDiff::State::UnequalBytes;
            report_.pairs[index].valuesDiffer = whole.unequalBytes || value.difference.differing > 0;
        }
    }

    DiffReport& report_;
    const TensorTable& a_;
    const TensorTable& b_;
    ProgressSink& progress_;
    const std::stop_token& stop_;
    std::vector<Item> items_;
    std::vector<Seen> seen_;
};

}  // namespace

Result<void> compareValues(DiffReport& report, unsigned threads, ProgressSink& progress, const std::stop_token& stop) {
    return Comparing(report, progress, stop).run(threads);
}

}  // namespace plimsoll
