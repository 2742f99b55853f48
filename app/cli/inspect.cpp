// SPDX-License-Identifier: GPL-3.0-or-later
#include <utility>

#include "checkpoint/filter.h"
#include "failure.h"
#include "inventory.h"
#include "metadata.h"
#include "verbs.h"

namespace plimsoll::cli {

namespace {

struct InspectOptions {
    std::string path;
    bool json = false;
    bool summary = false;
    bool tree = false;
    bool metadata = false;
    std::string filter;
    SortBy sort = SortBy::File;
};

int printText(const InspectOptions& options, const Checkpoint& checkpoint, const std::vector<TensorId>& rows) {
    Output out;
    printHeading(out, checkpoint);
    if (options.summary) {
        printSummary(out, checkpoint, rows);
    } else {
        if (options.tree) {
            printTree(out, checkpoint, rows);
        } else {
            printTensors(out, checkpoint, rows);
        }
        printTotals(out, checkpoint, rows);
    }
    if (options.metadata) {
        out << "metadata:\n";
        printMetadata(out, checkpoint.values);
    }
    printFindings(out, checkpoint);
    return out.finish();
}

int printJson(const Checkpoint& checkpoint, const std::vector<TensorId>& rows) {
    Output out;
    JsonWriter json(out);
    writeInventoryJson(json, checkpoint, rows);
    json.flush();
    return out.finish();
}

// A file that cannot be opened may still have named what its pickles want: that is what a scanner needs most.
int refuse(const InspectOptions& options, const Error& error, const std::vector<GlobalRef>& globals) {
    if (options.json) {
        Output out;
        JsonWriter json(out);
        json.beginObject();
        json.key("pickle");
        writeGlobalsJson(json, globals);
        json.endObject();
        json.lineBreak();
        json.flush();
        (void)out.finish();
    }
    return reportFailure(error, options.path);
}

int inspect(const InspectOptions& options, std::stop_token stop) {
    const auto filter = Filter::parse(options.filter);
    if (!filter) return reportUsage("--filter: " + filter.error().what);
    std::vector<GlobalRef> globals;
    const auto opened = open(options.path, std::move(stop), &globals);
    if (!opened) return refuse(options, opened.error(), globals);
    const Checkpoint& checkpoint = **opened;
    auto rows = filter->matchesAll() ? allTensors(checkpoint.tensors) : filterTensors(checkpoint.tensors, *filter);
    sortTensors(rows, checkpoint, options.sort);
    const int printed = options.json ? printJson(checkpoint, rows) : printText(options, checkpoint, rows);
    // Names lie in the file: what was printed since it lost them is no inventory.
    const auto sound = faultOf(checkpoint);
    return sound ? printed : reportFailure(sound.error(), options.path);
}

}  // namespace

void addInspect(CLI::App& app, Action& action) {
    auto* verb = app.add_subcommand("inspect", "Lists tensors, metadata and findings; reads no tensor byte");
    const auto options = std::make_shared<InspectOptions>();
    verb->add_option("PATH", options->path, "File, directory, *.index.json or http(s):// address")->required();
    auto* json = verb->add_flag("--json", options->json, "One JSON document on stdout");
    auto* summary = verb->add_flag("--summary", options->summary, "Counts and bytes only")->excludes(json);
    verb->add_flag("--tree", options->tree, "By module, with sums")->excludes(json)->excludes(summary);
    verb->add_flag("--metadata", options->metadata, "Also everything that is not a tensor; --json always has it");
    verb->add_option("--filter", options->filter,
                     "Only these tensors: globs on names, and dtype:bf16 size>1M shape:*x4096");
    addChoice<SortBy>(
        *verb, "--sort", options->sort,
        {{"name", SortBy::Name}, {"size", SortBy::Size}, {"dtype", SortBy::DType}, {"offset", SortBy::Offset}},
        "Order of the tensors; the file's own where not given");
    verb->callback([options, &action] {
        action = [options](std::stop_token stop) { return inspect(*options, std::move(stop)); };
    });
}

}  // namespace plimsoll::cli
