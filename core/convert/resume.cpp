// SPDX-License-Identifier: GPL-3.0-or-later
#include "convert/resume.h"

#include <algorithm>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "base/glob.h"
#include "convert/command_line.h"
#include "convert/fingerprint.h"

namespace plimsoll {

namespace {

// How a source file differs from what it was.
std::optional<std::string> changeOf(const SourceState& then, const SourceState& now) {
    if (then.bytes != now.bytes) return fmt::format("it had {} bytes, now it has {}", then.bytes, now.bytes);
    if (then.inode != now.inode) return "another file has its name now";
    if (then.mtimeNs != now.mtimeNs) return "it was written to";
    if (then.checksum != now.checksum) return "its header has another checksum";
    return std::nullopt;
}

// How the source differs from what a journal says of it.
std::optional<std::string> sourceChange(const JournalHeader& then, const JournalHeader& now) {
    if (then.sources.size() != now.sources.size())
        return fmt::format("the source had {} files, now it has {}", then.sources.size(), now.sources.size());
    for (std::size_t i = 0; i < now.sources.size(); ++i)
        if (const auto change = changeOf(then.sources[i], now.sources[i]))
            return fmt::format("the source {} has changed since: {}", now.sources[i].path, *change);
    return std::nullopt;
}

// What of a recipe decides what is written, as people read it.
std::string recipeText(const Recipe& recipe) {
    Recipe essence = recipe;
    essence.destination = "DST";
    essence.overwrite = essence.resume = essence.verify = essence.measureLoss = false;
    essence.memoryBytes = Recipe{}.memoryBytes;
    essence.threads = 0;
    return convertCommandLine("SRC", essence);
}

}  // namespace

Result<JournalHeader> journalHeader(const Plan& plan, const SourceGuard& guard, const WorkShape& shape) {
    JournalHeader header;
    header.recipe = recipeText(plan.recipe);
    header.plan = fingerprintOf(plan);
    header.measuresLoss = plan.recipe.measureLoss;
    header.blockBytes = shape.blockBytes;
    TRY(header.sources, guard.states());
    return header;
}

std::optional<std::string> differenceOf(const JournalHeader& then, const JournalHeader& now) {
    if (auto change = sourceChange(then, now)) return change;
    if (then.recipe != now.recipe) return fmt::format("it was started with {}, this is {}", then.recipe, now.recipe);
    if (then.plan != now.plan) return "this program would lay the output out differently";
    return std::nullopt;
}

Result<void> checkResumable(const Journal::Content& content, const JournalHeader& now, const Plan& plan, OutputSet& out,
                            WorkShape& shape) {
    const auto& then = content.header;
    const auto refuse = [&](const std::string& why) {
        return fail(Error{Errc::Usage, kNoOffset, "cannot be resumed: " + why, out.partialPath()});
    };
    if (then.outputInode != now.outputInode) return refuse("its journal is about another file of this name");
    if (const auto difference = differenceOf(then, now)) return refuse(*difference);
    WorkShape wanted = shape;
    if (!takeBlocks(wanted, then.blockBytes, plan.recipe.memoryBytes))
        return refuse(fmt::format("its blocks need a memory bound of {}", formatByteSize(wanted.memoryBytes())));
    if (const auto taken = out.takeOver(); !taken) return refuse(describe(taken.error(), out.partialPath()));
    shape = wanted;
    return {};
}

}  // namespace plimsoll
