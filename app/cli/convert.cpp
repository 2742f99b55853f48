// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "convert/plan.h"
#include "convert/recipe_options.h"
#include "convert/run.h"
#include "convert/tensor_parallel.h"
#include "failure.h"
#include "io/address.h"
#include "mpi_team.h"
#include "plan_report.h"
#include "verbs.h"

namespace plimsoll::cli {

namespace {

// The command line as given; recipeFrom() makes sense of it.
struct ConvertOptions {
    std::string source;
    std::string destination;
    std::string to;
    std::string dtype;
    std::vector<std::string> rules;
    std::vector<std::string> drop;
    std::vector<std::string> keep;
    bool weightsOnly = false;
    std::vector<std::string> renames;
    std::string maxShardSize;
    std::uint64_t shards = 0;
    std::uint64_t tp = 0;
    std::vector<std::string> tpRules;
    bool tpMerge = false;
    bool saturate = false;
    std::string memory;
    unsigned threads = 0;
    bool dryRun = false;
    bool overwrite = false;
    bool resume = false;
    bool verify = false;
    bool loss = false;
    bool json = false;
    ProgressMode progress = ProgressMode::Auto;
};

Result<Recipe> recipeFrom(const ConvertOptions& options) {
    Recipe recipe;
    recipe.destination = options.destination;
    const auto set = [&](std::string_view option, const std::string& value) {
        return value.empty() ? Result<void>() : setOption(recipe, option, value);
    };
    const auto setEach = [&](std::string_view option, const std::vector<std::string>& values) -> Result<void> {
        for (const std::string& value : values) TRY_VOID(setOption(recipe, option, value));
        return {};
    };
    TRY_VOID(options.to.empty() ? setTargetBySuffix(recipe) : setOption(recipe, "--to", options.to));
    TRY_VOID(set("--dtype", options.dtype));
    TRY_VOID(setEach("--rule", options.rules));
    TRY_VOID(setEach("--drop", options.drop));
    TRY_VOID(setEach("--keep", options.keep));
    TRY_VOID(setEach("--rename", options.renames));
    TRY_VOID(setEach("--tp-rule", options.tpRules));
    TRY_VOID(set("--max-shard-size", options.maxShardSize));
    TRY_VOID(set("--memory", options.memory));
    if (options.shards != 0) recipe.shardCount = options.shards;
    recipe.tpRanks = options.tp;
    recipe.tpMerge = options.tpMerge;
    recipe.saturate = options.saturate;
    recipe.weightsOnly = options.weightsOnly;
    recipe.overwrite = options.overwrite;
    recipe.resume = options.resume;
    recipe.verify = options.verify;
    recipe.measureLoss = options.loss || options.json;
    recipe.threads = options.threads;
    return recipe;
}

bool leads(const Team& team) {
    return team.rank() == 0;
}

// All ranks end with the status; the one that leads says why.
//   usage  the status of Errc::Usage: that of a wrong command line, or of a DST that exists
int failedTogether(const Team& team, const Error& error, const std::string& path, int usage = kExitFailed) {
    const int status = leads(team) ? report(error, path) : statusOf(error.code);
    return status == kExitUsage ? usage : status;
}

void printDivision(Output& out, const Plan& plan, const Team& team) {
    if (team.size() == 1) return;
    const auto working = std::min<std::size_t>(team.size(), plan.files.size());
    out << fmt::format("{} of {} ranks have worked{}\n", working, team.size(),
                       plan.files.size() == 1 ? ": the output is a single file" : "");
}

int run(const ConvertOptions& options, const Plan& plan, Team& team, const std::stop_token& stop) {
    Result<ConvertReport> converted;
    {
        const auto mode = leads(team) ? options.progress : ProgressMode::None;
        ProgressPrinter progress("converting", progressBytes(plan), mode);
        converted = runPlan(plan, team, progress.sink(), stop);
    }
    if (!converted) return failedTogether(team, converted.error(), options.destination);
    if (!leads(team)) return kExitDone;
    Output out;
    if (options.json) {
        writeConvertedJson(out, plan, *converted);
    } else {
        printDivision(out, plan, team);
        printConverted(out, plan, *converted);
    }
    return out.finish();
}

template <class T>
Result<void> outcomeOf(const Result<T>& result) {
    if (!result) return fail(result.error());
    return {};
}

int dryRun(const ConvertOptions& options, const Plan& plan, const std::stop_token& stop) {
    Result<std::vector<RecordLoss>> losses;
    if (options.loss) {
        ProgressPrinter progress("measuring", plan.bytesRead, options.progress);
        losses = previewLoss(plan, progress.sink(), stop);
        if (!losses) return reportFailure(losses.error(), options.source);
    }
    Output out;
    if (options.json) {
        writePlanJson(out, plan, options.loss ? &*losses : nullptr);
    } else {
        printPlan(out, plan);
        if (options.loss) printLosses(out, *losses);
    }
    return out.finish();
}

int convert(const ConvertOptions& options, const std::stop_token& stop) {
    const auto joined = joinTeam();
    if (!joined) return reportFailure(joined.error(), "plimsoll-cli");
    Team& team = **joined;
    const auto recipe = recipeFrom(options);
    if (!recipe) return leads(team) ? reportUsage(recipe.error().what) : kExitUsage;
    if (isAddress(options.destination))
        return leads(team) ? reportUsage("DST: an address cannot be written to") : kExitUsage;
    const auto openOne = [&](const std::string& path) { return open(path, stop); };
    const auto opened = options.tpMerge ? openRanks(options.source, recipe->tpRules, openOne) : openOne(options.source);
    if (const auto all = agree(team, outcomeOf(opened)); !all) return failedTogether(team, all.error(), options.source);
    const auto plan = planConversion(*opened, *recipe, stop);
    if (const auto all = agree(team, outcomeOf(plan)); !all)
        return failedTogether(team, all.error(), options.source, kExitUsage);
    if (!options.dryRun) return run(options, *plan, team, stop);
    return leads(team) ? dryRun(options, *plan, stop) : kExitDone;
}

void addSelection(CLI::App& verb, ConvertOptions& options) {
    verb.add_option("--to", options.to, "Output format; DST's suffix where not given")
        ->option_text("pth|safetensors|tensors|npz|dcp");
    verb.add_option("--dtype", options.dtype, "Type of the floating-point tensors")
        ->option_text("f64|f32|f16|bf16|f8_e4m3fn|f8_e5m2");
    addRepeatable(verb, "--rule", options.rules, "Type of the tensors that GLOB matches; the last match wins")
        ->option_text("GLOB=D");
    verb.add_flag("--saturate,!--no-saturate", options.saturate,
                  "Overflow becomes the largest finite value, not infinity or NaN as PyTorch makes it");
    addRepeatable(verb, "--rename", options.renames, "Renames tensors; \\1 to \\9 in REPL are what groups matched")
        ->option_text("REGEX=>REPL|FROM=TO");
    addRepeatable(verb, "--drop", options.drop, "Leaves these tensors out")->option_text("PATTERN");
    addRepeatable(verb, "--keep", options.keep, "Takes only these tensors")->option_text("PATTERN");
    verb.add_flag("--weights-only", options.weightsOnly, "The model's state dict, without optimizer and the rest");
}

}  // namespace

void addConvert(CLI::App& app, Action& action) {
    auto* verb = app.add_subcommand("convert", "Writes a checkpoint as another type, format or set of shards");
    const auto options = std::make_shared<ConvertOptions>();
    verb->add_option("SRC", options->source, "File, directory, *.index.json or http(s):// address")->required();
    verb->add_option("DST", options->destination, "File, or directory where sharded")->required();
    addSelection(*verb, *options);
    verb->add_option("--max-shard-size", options->maxShardSize, "Shards of at most this size with an index")
        ->option_text("SIZE");
    verb->add_option("--shards", options->shards, "This many shards of about the same size with an index")
        ->check(CLI::Range(1, 99999))
        ->excludes("--max-shard-size")
        ->option_text("N");
    verb->add_option("--tp", options->tp, "Cuts the tensors for this many tensor-parallel ranks, a directory each")
        ->check(CLI::Range(2, 1024))
        ->option_text("N");
    addRepeatable(*verb, "--tp-rule", options->tpRules,
                  "Dimension along which these tensors are cut; rules for GPT-2, LLaMA and Megatron are built in")
        ->option_text("GLOB=DIM|DIMxPARTS|replicate");
    verb->add_flag("--tp-merge", options->tpMerge, "SRC holds ranks (rank_00, ...) that are put together")
        ->excludes("--tp");
    verb->add_option("--memory", options->memory, "Bound on memory beyond the inventory; 64MiB where not given")
        ->option_text("SIZE");
    addThreadsOption(*verb, options->threads);
    verb->add_flag("--dry-run", options->dryRun, "Prints the plan and writes nothing");
    verb->add_flag("--overwrite", options->overwrite, "Replaces an existing DST");
    verb->add_flag("--resume", options->resume, "Goes on with what an interrupted conversion left");
    verb->add_flag("--verify", options->verify, "Re-reads the output and compares checksums before it gets its name");
    verb->add_flag("--loss", options->loss,
                   "What each cast costs: errors, overflow, underflow, NaN; with --dry-run before anything is written");
    verb->add_flag("--json", options->json, "One JSON document on stdout");
    addProgressOption(*verb, options->progress);
    verb->callback(
        [options, &action] { action = [options](const std::stop_token& stop) { return convert(*options, stop); }; });
}

}  // namespace plimsoll::cli
