// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/glob.h"
#include "failure.h"
#include "formats/npy/npy_file.h"
#include "inventory.h"
#include "text.h"
#include "values.h"
#include "verbs.h"

namespace plimsoll::cli {

namespace {

constexpr std::uint64_t kJsonValues = 1000;  // without --slice

struct ShowOptions {
    std::string path;
    std::string tensor;
    std::string slice;
    bool stats = false;
    std::size_t histogramBins = 0;
    bool json = false;
    std::string npy;
    ProgressMode progress = ProgressMode::Auto;
};

struct Computed {
    std::optional<TensorStats> stats;
    std::optional<Histogram> histogram;
};

Error noSuchTensor(const TensorTable& table, const std::string& name) {
    std::string what = "no tensor is named '" + name + "'";
    int near = 0;
    for (std::size_t i = 0; i < table.size() && near < 3; ++i) {
        const auto other = table.name(TensorId(static_cast<std::uint32_t>(i)));
        if (name.empty() || other.find(name) == std::string_view::npos) continue;
        what += near++ == 0 ? "; there is " : ", ";
        what += "'" + std::string(other) + "'";
    }
    return {Errc::Usage, kNoOffset, what, {}};
}

Result<TensorPart> choosePart(const ShowOptions& options, const Checkpoint& checkpoint, TensorReader& reader,
                              std::stop_token stop) {
    const TensorTable& table = checkpoint.tensors;
    const TensorId id = findTensor(table, options.tensor);
    if (!id.valid()) return fail(noSuchTensor(table, options.tensor));
    ElementForm form = elementForm(table, id);
    auto slice = Slice::parse(options.slice, form.shape);
    if (!slice) return fail(Errc::Usage, "--slice: " + slice.error().what);
    return TensorPart{reader, id, form.dtype, form.bytes, std::move(*slice), std::move(stop)};
}

Result<Computed> compute(const ShowOptions& options, const TensorPart& part) {
    Computed computed;
    if (!options.stats && options.histogramBins == 0) return computed;
    const unsigned passes = options.histogramBins > 0 ? 2 : 1;
    ProgressPrinter progress("reading", part.bytes() * passes, options.progress);
    TRY(const TensorStats stats, computeStats(part, progress.sink()));
    if (options.stats) computed.stats = stats;
    if (options.histogramBins > 0) {
        TRY(computed.histogram, computeHistogram(part, stats.min, stats.max, options.histogramBins, progress.sink()));
    }
    return computed;
}

void printHeader(Output& out, const Checkpoint& checkpoint, TensorId id) {
    const TensorTable& table = checkpoint.tensors;
    const Storage& storage = table.storage(id);
    out << printable(table.name(id)) << ": " << dtypeText(table, id) << " " << shapeText(table.shape(id)) << ", "
        << countText(table.elements(id), "element") << ", " << formatByteSize(table.nbytes(id));
    if (!table.contiguous(id)) out << ", " << fmt::format("strides {}", fmt::join(table.stride(id), ","));
    out << "\n";
    if (!storage.file.valid() || storage.encoding == StorageEncoding::Absent) {
        out << "no bytes: a meta tensor, or its file is missing\n";
        return;
    }
    const std::string file = printable(checkpoint.files[storage.file.index()].relativePath);
    if (const auto offset = table.fileOffset(id)) {
        out << "at byte " << std::to_string(*offset) << " of " << file;
    } else if (storage.encoding == StorageEncoding::Chunked) {
        const auto& chunks = table.chunked(table.storageId(id)).chunks;
        std::set<FileId> files;
        for (const auto& chunk : chunks) files.insert(chunk.file);
        out << "in " << countText(chunks.size(), "chunk") << " of " << countText(files.size(), "file");
    } else {
        out << "compressed, from byte " << std::to_string(storage.offset) << " of " << file;
    }
    out << (storage.bigEndian ? ", big-endian\n" : "\n");
}

void printStats(Output& out, const TensorStats& stats) {
    out << fmt::format("count {}  nan {}  inf {}  zero {}\nmin {:.7g}  max {:.7g}  mean {:.7g}  std {:.7g}\n",
                       stats.count, stats.nan, stats.inf, stats.zero, stats.min, stats.max, stats.mean, stats.stddev);
}

void printHistogram(Output& out, const Histogram& histogram) {
    constexpr std::uint64_t kBarColumns = 50;
    const std::uint64_t most =
        std::max<std::uint64_t>(1, *std::max_element(histogram.counts.begin(), histogram.counts.end()));
    for (std::size_t i = 0; i < histogram.counts.size(); ++i) {
        const auto bar = static_cast<std::size_t>(static_cast<double>(histogram.counts[i]) * kBarColumns /
                                                  static_cast<double>(most));
        out << fmt::format("{:>12.5g} .. {:<12.5g} {:>12} {}\n", histogram.edge(i), histogram.edge(i + 1),
                           histogram.counts[i], std::string(bar, '#'));
    }
}

Result<void> showText(Output& out, const Checkpoint& checkpoint, const TensorPart& part, const Computed& computed) {
    printHeader(out, checkpoint, part.tensor);
    if (checkpoint.tensors.storage(part.tensor).encoding != StorageEncoding::Absent) TRY_VOID(printValues(out, part));
    if (computed.stats) printStats(out, *computed.stats);
    if (computed.histogram) printHistogram(out, *computed.histogram);
    return {};
}

void writeStatsJson(JsonWriter& json, const TensorStats& stats) {
    json.key("stats");
    json.beginObject();
    json.fields({{"count", stats.count}, {"nan", stats.nan}, {"inf", stats.inf}, {"zero", stats.zero}});
    json.fields({{"min", stats.min}, {"max", stats.max}, {"mean", stats.mean}, {"std", stats.stddev}});
    json.endObject();
}

void writeHistogramJson(JsonWriter& json, const Histogram& histogram) {
    json.key("histogram");
    json.beginObject();
    json.key("edges");
    json.beginArray();
    for (std::size_t i = 0; i <= histogram.counts.size(); ++i) json.real(histogram.edge(i));
    json.endArray();
    json.key("counts");
    json.beginArray();
    for (const std::uint64_t count : histogram.counts) json.integer(count);
    json.endArray();
    json.endObject();
}

template <class T>
void writeNumbers(JsonWriter& json, std::string_view name, const T& numbers) {
    json.key(name);
    json.beginArray();
    for (const auto number : numbers) json.integer(number);
    json.endArray();
}

Result<void> showJson(Output& out, const ShowOptions& options, const Checkpoint& checkpoint, const TensorPart& part,
                      const Computed& computed) {
    const TensorTable& table = checkpoint.tensors;
    const Storage& storage = table.storage(part.tensor);
    JsonWriter json(out);
    json.beginObject();
    json.field("name", table.name(part.tensor));
    json.field("dtype", table.dtypeName(part.tensor));
    writeNumbers(json, "shape", table.shape(part.tensor));
    writeNumbers(json, "stride", table.stride(part.tensor));
    json.field("nbytes", table.nbytes(part.tensor));
    if (storage.file.valid()) json.field("file", checkpoint.files[storage.file.index()].relativePath);
    if (const auto offset = table.fileOffset(part.tensor)) json.field("offset", *offset);
    json.field("slice", options.slice);
    writeNumbers(json, "slice_shape", part.slice.shape());
    const bool readable = storage.encoding != StorageEncoding::Absent;
    if (readable && (!options.slice.empty() || part.slice.elements() <= kJsonValues)) {
        json.key("values");
        ProgressPrinter progress("reading", part.bytes(), options.progress);
        TRY_VOID(writeValuesJson(json, part, progress.sink()));
    }
    if (computed.stats) writeStatsJson(json, *computed.stats);
    if (computed.histogram) writeHistogramJson(json, *computed.histogram);
    json.endObject();
    json.lineBreak();
    json.flush();
    return {};
}

Result<void> exportNpy(const ShowOptions& options, const TensorPart& part) {
    ProgressPrinter progress("writing", part.bytes(), options.progress);
    return writeNpy(part, options.npy, OutputFile::Existing::Refuse, progress.sink());
}

int show(const ShowOptions& options, const std::stop_token& stop) {
    const auto opened = open(options.path, stop);
    if (!opened) return reportFailure(opened.error(), options.path);
    const Checkpoint& checkpoint = **opened;
    TensorReader reader(*opened, stop);
    const auto part = choosePart(options, checkpoint, reader, stop);
    if (!part) return report(part.error(), options.path);
    if (!options.npy.empty()) {
        const auto written = exportNpy(options, *part);
        if (!written) return reportFailure(written.error(), options.path);
    }
    const auto computed = compute(options, *part);
    if (!computed) return reportFailure(computed.error(), options.path);
    Output out;
    const auto shown = options.json ? showJson(out, options, checkpoint, *part, *computed)
                                    : showText(out, checkpoint, *part, *computed);
    const int status = out.finish();
    return shown ? status : reportFailure(shown.error(), options.path);
}

}  // namespace

void addShow(CLI::App& app, Action& action) {
    auto* verb = app.add_subcommand("show", "Prints values and statistics of one tensor");
    const auto options = std::make_shared<ShowOptions>();
    verb->add_option("PATH", options->path, "File, directory, *.index.json or http(s):// address")->required();
    verb->add_option("TENSOR", options->tensor, "Its full name; inspect lists them")->required();
    verb->add_option("--slice", options->slice, "Part of it, as numpy indexes: 0:4,:");
    verb->add_flag("--stats", options->stats, "Exact count, nan, inf, zero, min, max, mean, deviation");
    verb->add_option("--histogram", options->histogramBins, "Counts of finite values in N bins")
        ->check(CLI::Range(1, 100'000))
        ->option_text("N");
    verb->add_flag("--json", options->json, "One JSON document on stdout");
    verb->add_option("--npy", options->npy, "Also writes the values to this .npy file");
    addProgressOption(*verb, options->progress);
    verb->callback(
        [options, &action] { action = [options](const std::stop_token& stop) { return show(*options, stop); }; });
}

}  // namespace plimsoll::cli
