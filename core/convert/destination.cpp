// SPDX-License-Identifier: GPL-3.0-or-later
#include "convert/destination.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/glob.h"
#include "convert/checkpoint_blocks.h"
#include "convert/journal.h"
#include "convert/resume.h"
#include "convert/shards.h"
#include "convert/work_queue.h"
#include "convert/work_shape.h"

namespace plimsoll {

namespace {

// Bytes of the output that these items of a plan are.
std::uint64_t bytesOf(const Plan& plan, const Journal::Content& content) {
    std::vector<std::uint64_t> numbers;
    for (const auto& item : content.items) numbers.push_back(item.number);
    std::ranges::sort(numbers);
    WorkQueue all(plan.files, content.header.blockBytes, onlyForward(plan));
    std::uint64_t bytes = 0;
    while (const auto item = all.next()) {
        if (!std::ranges::binary_search(numbers, item->number)) continue;
        if (item->records == 1) {
            bytes += item->bytes;
            continue;
        }
        for (std::uint32_t i = 0; i < item->records; ++i)
            bytes += plan.files[item->file].records[item->record + i].destinationBytes;
    }
    return bytes;
}

// Nothing where there is no journal that says anything.
Result<std::optional<Leftover>> leftoverAt(const std::string& partialPath, const Plan& plan, const SourceGuard& guard) {
    TRY(const auto content, Journal::readWithRanks(journalPathOf(partialPath)));
    if (!content || content->items.empty()) return std::nullopt;
    Leftover left{partialPath, content->header.recipe, std::nullopt, 0};
    TRY(auto shape, shapeWork(plan.recipe.memoryBytes, plan.recipe.threads));
    TRY(const auto now, journalHeader(plan, guard, shape));
    left.difference = differenceOf(content->header, now);
    if (!left.difference && !takeBlocks(shape, content->header.blockBytes, plan.recipe.memoryBytes))
        left.difference = fmt::format("its blocks need a memory bound of {}", formatByteSize(shape.memoryBytes()));
    if (!left.difference) left.doneBytes = bytesOf(plan, *content);
    return left;
}

}  // namespace

OutputRequest outputRequest(const Plan& plan, const SourceGuard& guard) {
    OutputRequest request;
    request.destination = plan.recipe.destination;
    request.isDirectory = plan.isDirectory;
    request.overwrite = plan.recipe.overwrite;
    request.sources = guard.identities();
    request.sourceFolder = guard.folder();
    request.sourcePlaces = guard.places();
    request.replaces = [&plan](std::string_view name) { return isOfSet(plan.recipe, name); };
    for (const auto& file : plan.files) request.files.push_back({file.path, file.bytes});
    if (!plan.indexPath.empty()) request.files.push_back({plan.indexPath, plan.indexJson.size()});
    return request;
}

DestinationState lookAtDestination(const Plan& plan) {
    DestinationState state;
    const auto guard = SourceGuard::watch(*plan.source);
    if (!guard) {
        state.refusal = guard.error();
        return state;
    }
    const auto request = outputRequest(plan, *guard);
    for (const auto& file : request.files) state.neededBytes += file.bytes;
    const auto partial = OutputSet::check(request);
    if (!partial) {
        state.refusal = partial.error();
        return state;
    }
    auto left = leftoverAt(*partial, plan, *guard);
    if (left) state.leftover = std::move(*left);
    if (!left) state.refusal = std::move(left.error());
    const auto space = OutputSet::freeBytes(request.files, request.destination.size(), *partial);
    if (!space) {
        state.refusal = space.error();
        return state;
    }
    state.freeBytes = *space;
    // What is gone on with has its room.
    const bool goesOn = state.leftover && !state.leftover->difference;
    if (!state.refusal && !goesOn && state.neededBytes > state.freeBytes)
        state.refusal = Error{Errc::Io, kNoOffset, needsSpace(state.neededBytes, state.freeBytes), request.destination};
    return state;
}

Result<void> discardLeftover(const Plan& plan) {
    TRY(const auto guard, SourceGuard::watch(*plan.source));
    TRY(auto out, OutputSet::open(outputRequest(plan, guard)));
    const auto journal = journalPathOf(out.partialPath());
    if (!out.mayBeEmptied() && !Journal::exists(journal))
        return fail(Error{Errc::Usage, kNoOffset, "holds files, and no journal says that a conversion left them",
                          out.partialPath()});
    out.keep(false);
    Journal::remove(journal);
    Journal::removeRanks(journal);
    return {};
}

}  // namespace plimsoll
