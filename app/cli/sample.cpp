// SPDX-License-Identifier: GPL-3.0-or-later
#include "convert/sample.h"

#include <utility>

#include <fmt/format.h>

#include "base/glob.h"
#include "failure.h"
#include "text.h"
#include "verbs.h"

namespace plimsoll::cli {

namespace {

struct SampleOptions {
    std::string model;
    std::string destination;
    std::string dtype = "f32";
    std::uint64_t seed = 0;
    ProgressMode progress = ProgressMode::Auto;
};

int sample(const SampleOptions& options, const std::stop_token& stop) {
    const auto dtype = dtypeFromShortName(options.dtype);
    if (!dtype || !isFloating(*dtype))
        return reportUsage("--dtype: '" + options.dtype + "' is no floating-point type such as f32, bf16, f16");
    const auto bytes = sampleBytes(options.model, *dtype);
    if (!bytes) return report(bytes.error(), options.model);
    Result<ConvertReport> written;
    {
        ProgressPrinter progress("writing", *bytes, options.progress);
        written = writeSample(options.model, options.destination, *dtype, options.seed, false, progress.sink(), stop);
    }
    if (!written) return reportFailure(written.error(), options.destination);
    Output out;
    out << fmt::format("{}: {}, {} in {}\n", printable(options.destination), countText(written->tensors, "tensor"),
                       formatByteSize(written->bytesWritten), durationText(written->seconds));
    return out.finish();
}

}  // namespace

void addSample(CLI::App& app, Action& action) {
    auto* verb = app.add_subcommand("sample", "Writes a reference model with seeded random weights");
    const auto options = std::make_shared<SampleOptions>();
    verb->add_option("MODEL", options->model, fmt::format("{}", fmt::join(sampleNames(), "|")))->required();
    verb->add_option("DST", options->destination, "New file; its suffix says the format")->required();
    verb->add_option("--dtype", options->dtype, "Type of the weights; f32 where not given")
        ->option_text("f64|f32|f16|bf16");
    verb->add_option("--seed", options->seed, "Same seed, same bytes; 0 where not given")->option_text("N");
    addProgressOption(*verb, options->progress);
    verb->callback(
        [options, &action] { action = [options](const std::stop_token& stop) { return sample(*options, stop); }; });
}

}  // namespace plimsoll::cli
