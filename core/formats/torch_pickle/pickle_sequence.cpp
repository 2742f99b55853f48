// SPDX-License-Identifier: GPL-3.0-or-later
#include "formats/torch_pickle/pickle_sequence.h"

#include <fmt/format.h>

#include "pickle/global_merger.h"
#include "pickle/scanner.h"

namespace plimsoll {

Result<Value> PickleSequence::next(ValueTree& tree, PickleResolver& resolver, std::string_view which) {
    if (rest_.empty()) return fail(Errc::Truncated, fmt::format("the file ends where {} should start", which), offset_);
    const auto scan = scanPickle(rest_, offset_, file_.stop);
    mergeGlobals(file_.checkpoint.globals, scan.globals);
    auto root = runPickle(tree, {rest_, offset_, file_.stop}, scan, resolver);
    if (!root) {
        root.error().what = fmt::format("{}: {}", which, root.error().what);
        return fail(std::move(root.error()));
    }
    if (!root->oddity.empty()) file_.warn(fmt::format("{}: {}", which, root->oddity));
    skip(scan.endOffset - offset_);
    return root->value;
}

void PickleSequence::skip(std::uint64_t bytes) {
    rest_ = rest_.subspan(static_cast<std::size_t>(bytes));
    offset_ += bytes;
}

bool PickleSequence::scanRest() {
    GlobalMerger globals(file_.checkpoint.globals);
    while (!rest_.empty()) {
        const auto scan = scanPickle(rest_, offset_, file_.stop);
        globals.add(scan.globals);
        if (scan.broken || scan.endOffset <= offset_) return false;
        skip(scan.endOffset - offset_);
    }
    return true;
}

}  // namespace plimsoll
