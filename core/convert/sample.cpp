// SPDX-License-Identifier: GPL-3.0-or-later
#include "convert/sample.h"

#include <algorithm>
#include <array>
#include <functional>
#include <numeric>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "convert/plan.h"
#include "convert/recipe.h"
#include "convert/safetensors_layout.h"
#include "convert/sample_noise.h"
#include "convert/torch_layout.h"
#include "convert/torch_pickle.h"
#include "tensor/cast.h"
#include "tensor/layout.h"

namespace plimsoll {

namespace {

std::uint64_t elementsOf(const SampleTensor& tensor) {
    return std::accumulate(tensor.shape.begin(), tensor.shape.end(), std::uint64_t{1}, std::multiplies<>());
}

PlannedRecord recordOf(const SampleTensor& tensor, DType dtype) {
    PlannedRecord record;
    record.name = tensor.name;
    record.from = dtype;
    record.to = dtype;
    record.elements = elementsOf(tensor);
    record.destinationBytes = record.elements * (bitWidth(dtype) / 8);
    return record;
}

Result<PlannedFile> torchFile(const std::vector<SampleTensor>& tensors, DType dtype, const std::string& path) {
    PickleWriter out;
    TorchPickle pickle(out);
    pickle.beginState();
    std::vector<PlannedRecord> records;
    for (const auto& tensor : tensors) {
        pickle.stateKey(tensor.name);
        const auto stride = contiguousStride(tensor.shape);
        TorchTensor view;
        view.dtype = dtype;
        view.shape = tensor.shape;
        view.strideElems = stride;
        pickle.tensor({records.size(), dtype, false, elementsOf(tensor)}, view);
        records.push_back(recordOf(tensor, dtype));
    }
    pickle.endState();
    return layoutTorchFile(path, out.take(), std::move(records));
}

Result<PlannedFile> safetensorsFile(const std::vector<SampleTensor>& tensors, DType dtype, const std::string& path) {
    std::vector<SafetensorsEntry> entries;
    entries.reserve(tensors.size());
    for (const auto& tensor : tensors) entries.push_back({recordOf(tensor, dtype), tensor.shape});
    return layoutSafetensors(path, std::move(entries), {{"format", "pt"}});
}

// A causal mask hides what comes after a position: 1 above the diagonal, else 0.
void fillCausalMask(std::uint64_t columns, std::uint64_t first, std::span<float> out) {
    for (std::size_t i = 0; i < out.size(); ++i) {
        const auto element = first + i;
        out[i] = element % columns > element / columns ? 1.0F : 0.0F;
    }
}

// Numbers are made as f32 in pieces that stay in the cache, then cast.
constexpr std::size_t kPiece = 4'096;

class SampleBlocks {
public:
    SampleBlocks(const std::vector<SampleTensor>& tensors, DType dtype, std::uint64_t seed)
        : dtype_(dtype), seed_(seed) {
        for (std::size_t i = 0; i < tensors.size(); ++i) tensors_.emplace(tensors[i].name, Numbered{&tensors[i], i});
    }

    Result<void> fill(const PlannedRecord& record, std::uint64_t offset, std::span<std::byte> out) const {
        const auto& numbered = tensors_.at(record.name);
        const std::size_t size = bitWidth(dtype_) / 8;
        std::uint64_t element = offset / size;
        std::array<float, kPiece> piece{};
        while (!out.empty()) {
            const auto count = std::min(kPiece, out.size() / size);
            const auto values = std::span(piece).first(count);
            make(numbered, element, values);
            TRY_VOID(castElements(DType::F32, std::as_bytes(values), dtype_, out.first(count * size)));
            out = out.subspan(count * size);
            element += count;
        }
        return {};
    }

private:
    struct Numbered {
        const SampleTensor* tensor;
        std::size_t number;  // the stream of its random numbers
    };
    void make(const Numbered& numbered, std::uint64_t first, std::span<float> out) const {
        switch (numbered.tensor->content) {
            case SampleTensor::Content::Normal:
                return fillNoise(seed_, numbered.number, first, out);
            case SampleTensor::Content::Ones:
                std::ranges::fill(out, 1.0F);
                return;
            case SampleTensor::Content::Zeros:
                std::ranges::fill(out, 0.0F);
                return;
            case SampleTensor::Content::CausalMask:
                return fillCausalMask(numbered.tensor->shape.back(), first, out);
        }
    }

    DType dtype_;
    std::uint64_t seed_;
    std::unordered_map<std::string_view, Numbered> tensors_;
};

Result<void> checkType(DType dtype) {
    if (isCastTarget(dtype)) return {};
    return fail(Errc::Usage, fmt::format("a sample cannot be {} (expected one of f64 f32 f16 bf16 f8_e4m3fn f8_e5m2)",
                                         shortName(dtype)));
}

}  // namespace

Result<std::uint64_t> sampleBytes(std::string_view model, DType dtype) {
    TRY(const auto tensors, sampleTensors(model));
    TRY_VOID(checkType(dtype));
    std::uint64_t elements = 0;
    for (const auto& tensor : tensors) elements += elementsOf(tensor);
    return elements * (bitWidth(dtype) / 8);
}

Result<ConvertReport> writeSample(std::string_view model, const std::string& destination, DType dtype,
                                  std::uint64_t seed, bool overwrite, ProgressSink& progress,
                                  const std::stop_token& stop) {
    TRY(const auto tensors, sampleTensors(model));
    TRY_VOID(checkType(dtype));
    const auto target = targetFromSuffix(destination);
    if (target != Target::Pth && target != Target::Safetensors)
        return fail(Errc::Usage, "the suffix says no format (expected .pth .pt .bin .ckpt .th or .safetensors)");
    TRY(const auto file,
        *target == Target::Pth ? torchFile(tensors, dtype, destination) : safetensorsFile(tensors, dtype, destination));
    const SampleBlocks blocks(tensors, dtype, seed);
    const BlockSource source = [&blocks](const PlannedRecord& record, std::uint64_t offset, std::span<std::byte> out,
                                         CastLoss&) { return blocks.fill(record, offset, out); };
    return runGenerated(file, overwrite, 0, source, progress, stop);
}

}  // namespace plimsoll
