// SPDX-License-Identifier: GPL-3.0-or-later
#include "formats/torch_pickle/pickle_sequence.h"

#include <fmt/format.h>

#include "pickle/scanner.h"

namespace plimsoll {

Result<Value> PickleSequence::next(ValueTree& tree, PickleResolver& resolver, std::string_view which) {
    if (rest_.empty()) return fail(Errc::Truncated, fmt::format("the file ends where {} should start", which), offset_);
    const auto scan = scanPickle(rest_, offset_);
    mergeGlobals(file_.checkpoint.globals, scan.globals);
    auto value = runPickle(tree, rest_, offset_, scan, resolver);
    if (!value) {
        value.error().what = fmt::format("{}: {}", which, value.error().what);
        return value;
    }
    skip(scan.endOffset - offset_);
    return value;
}

void PickleSequence::skip(std::uint64_t bytes) {
    rest_ = rest_.subspan(static_cast<std::size_t>(bytes));
    offset_ += bytes;
}

bool PickleSequence::scanRest() {
    while (!rest_.empty()) {
        const auto scan = scanPickle(rest_, offset_);
        mergeGlobals(file_.checkpoint.globals, scan.globals);
        if (scan.broken || scan.endOffset <= offset_) return false;
        skip(scan.endOffset - offset_);
    }
    return true;
}

}  // namespace plimsoll
