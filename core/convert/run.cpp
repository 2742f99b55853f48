// SPDX-License-Identifier: GPL-3.0-or-later
#include "convert/run.h"

#include <chrono>
#include <memory>
#include <utility>

#include "checkpoint/tensor_reader.h"
#include "convert/engine.h"
#include "convert/output_set.h"
#include "convert/peak_anon.h"
#include "convert/source_guard.h"
#include "convert/work_shape.h"
#include "tensor/cast.h"

namespace plimsoll {

namespace {

// One worker's way from a checkpoint to blocks of records.
class ConvertedBlocks {
public:
    ConvertedBlocks(std::shared_ptr<const Checkpoint> checkpoint, std::uint64_t blockBytes, const std::stop_token& stop)
        : table_(checkpoint->tensors), blockBytes_(blockBytes), reader_(std::move(checkpoint), stop) {}

    Result<void> fill(const PlannedRecord& record, std::uint64_t offset, std::span<std::byte> out) {
        if (record.from == record.to) return read(record, offset, out);
        const auto fromSize = bitWidth(record.from) / 8;
        const auto toSize = bitWidth(record.to) / 8;
        raw_.resize(static_cast<std::size_t>(blockBytes_));  // once, and only where something is cast
        const auto raw = std::span(raw_).first(out.size() / toSize * fromSize);
        TRY_VOID(read(record, offset / toSize * fromSize, raw));
        return castElements(record.from, raw, record.to, out);
    }

private:
    // offset: bytes of the source's elements.
    Result<void> read(const PlannedRecord& record, std::uint64_t offset, std::span<std::byte> out) {
        if (record.source == PlannedRecord::Source::TensorElements)
            return reader_.readElements(record.tensor, offset / (sourceBytes(record) / record.elements), out);
        TRY_VOID(reader_.readStorage(record.storage, record.sourceOffset + offset, out));
        if (table_.storage(record.storage).bigEndian) swapElementBytes(record.from, out);
        return {};
    }

    const TensorTable& table_;
    std::uint64_t blockBytes_;
    TensorReader reader_;
    std::vector<std::byte> raw_;
};

double secondsSince(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

Result<void> writeIndex(const Plan& plan, const OutputSet& out) {
    if (plan.indexPath.empty()) return {};
    return out.writeAt(plan.files.size(), 0, std::as_bytes(std::span(plan.indexJson)));
}

}  // namespace

Result<ConvertReport> runPlan(const Plan& plan, ProgressSink& progress, std::stop_token stop) {
    const auto start = std::chrono::steady_clock::now();
    PeakAnon peak;
    TRY(const auto shape, shapeWork(plan.recipe.memoryBytes, plan.recipe.threads));
    TRY(const auto guard, SourceGuard::watch(*plan.source));

    ConvertReport report;
    std::vector<OutputRequest> requests;
    for (const auto& file : plan.files) requests.push_back({file.path, file.bytes});
    if (!plan.indexPath.empty()) requests.push_back({plan.indexPath, plan.indexJson.size()});
    for (const auto& request : requests) report.files.push_back(request.path);
    const bool sharded = plan.recipe.maxShardBytes.has_value();
    TRY(auto out, OutputSet::create(requests, sharded ? plan.recipe.destination : std::string(), guard.identities(),
                                    plan.recipe.overwrite));

    EngineJob job;
    job.files = plan.files;
    job.shape = shape;
    job.makeSource = [&]() -> BlockSource {
        auto blocks = std::make_shared<ConvertedBlocks>(plan.source, shape.blockBytes, stop);
        return [blocks](const PlannedRecord& record, std::uint64_t offset, std::span<std::byte> bytes) {
            return blocks->fill(record, offset, bytes);
        };
    };
    // A deflated stream only goes forward.
    job.inOrder = [&](const PlannedRecord& record) {
        return plan.source->tensors.storage(record.storage).encoding == StorageEncoding::Deflated;
    };
    TRY_VOID(writeFiles(job, out, progress, stop));
    TRY_VOID(writeIndex(plan, out));
    TRY_VOID(guard.check());
    if (stop.stop_requested()) return cancelled();
    TRY_VOID(out.commit());

    report.tensors = plan.tensors;
    report.bytesRead = plan.bytesRead;
    report.bytesWritten = plan.bytesWritten;
    report.peakAnonBytes = peak.finish();
    report.seconds = secondsSince(start);
    return report;
}

Result<ConvertReport> runGenerated(const PlannedFile& file, bool overwrite, unsigned threads, const BlockSource& source,
                                   ProgressSink& progress, std::stop_token stop) {
    const auto start = std::chrono::steady_clock::now();
    PeakAnon peak;
    TRY(const auto shape, shapeWork(Recipe{}.memoryBytes, threads));
    const OutputRequest request{file.path, file.bytes};
    TRY(auto out, OutputSet::create({&request, 1}, "", {}, overwrite));

    EngineJob job;
    job.files = {&file, 1};
    job.shape = shape;
    job.makeSource = [&source] { return source; };
    job.inOrder = [](const PlannedRecord&) { return false; };
    TRY_VOID(writeFiles(job, out, progress, stop));
    if (stop.stop_requested()) return cancelled();
    TRY_VOID(out.commit());

    ConvertReport report;
    report.files = {file.path};
    report.tensors = file.records.size();
    for (const auto& record : file.records) report.bytesRead += sourceBytes(record);
    report.bytesWritten = file.bytes;
    report.peakAnonBytes = peak.finish();
    report.seconds = secondsSince(start);
    return report;
}

}  // namespace plimsoll
