// SPDX-License-Identifier: GPL-3.0-or-later
#include "memory/predict.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <string>
#include <vector>

#include <xxhash.h>

#include "base/checked.h"
#include "base/limits.h"
#include "checkpoint/distinct_tensors.h"
#include "checkpoint/in_place.h"
#include "memory/device_model.h"
#include "memory/host_model.h"
#include "memory/saturating.h"
#include "memory/stream_buffers.h"
#include "memory/verify_block.h"

namespace plimsoll {

namespace {

constexpr std::uint64_t kPage = 4096;
// Measured with plimsoll-loader on models of 209 to 50,000 tensors in 149 to 10,001 modules: a tensor's objects in the
// inventory, the module tree and torch; a module's; and what any load needs.
constexpr std::uint64_t kTensorObjects = 1330;
constexpr std::uint64_t kModuleObjects = 700;
constexpr std::uint64_t kAnyLoad = 290 * limits::KiB;
// A block that torch's CUDA allocator has given out, in its own books; measured with 30,000 small tensors.
constexpr std::uint64_t kDeviceBlock = 250;
// What a thread touches of its stack when it starts: the thread-local variables of LibTorch's libraries for CUDA.
constexpr std::uint64_t kThreadLocals = 216 * limits::KiB;
// Pages of the loader's own libraries that a load is the first to use.
constexpr std::uint64_t kLibraryPages = 4 * limits::MiB;

// The prefixes of the names. Told apart by 64 bits of a hash: a set of a million strings would take most of the time,
// and a module that is not counted 700 bytes.
std::uint64_t moduleCount(const TensorTable& tensors) {
    std::vector<std::uint64_t> modules;
    std::string_view before;
    for (std::uint32_t row = 0; row < tensors.size(); ++row) {
        const std::string_view name = tensors.name(TensorId(row));
        const auto shared = static_cast<std::size_t>(
            std::mismatch(name.begin(), name.end(), before.begin(), before.end()).first - name.begin());
        // A module that holds the name before as well is there already.
        std::string_view path = name;
        for (auto dot = path.rfind('.'); dot != std::string_view::npos && dot >= shared; dot = path.rfind('.')) {
            path = path.substr(0, dot);
            modules.push_back(XXH3_64bits(path.data(), path.size()));
        }
        before = name;
    }
    std::sort(modules.begin(), modules.end());
    return static_cast<std::uint64_t>(std::unique(modules.begin(), modules.end()) - modules.begin());
}

// What opening reads through a mapping: the parts of the files before and after their tensors.
std::uint64_t metadataBytes(const Checkpoint& checkpoint) {
    std::vector<std::uint64_t> first(checkpoint.files.size(), ~std::uint64_t{0});
    std::vector<std::uint64_t> end(checkpoint.files.size(), 0);
    for (const Storage& storage : checkpoint.tensors.storages()) {
        const auto file = storage.file.index();
        if (file >= first.size() || storage.storedBytes == 0) continue;
        first[file] = std::min(first[file], storage.offset);
        end[file] = std::max(end[file], storage.offset + storage.storedBytes);
    }
    std::uint64_t bytes = 0;
    for (std::size_t file = 0; file < first.size(); ++file) {
        const std::uint64_t size = checkpoint.files[file].bytes;
        bytes += end[file] == 0 ? size : std::min(first[file], size) + (size - std::min(end[file], size));
    }
    return bytes;
}

// Goes through a strategy's steps with models of the allocators in the place of memory.
class Rehearsal {
public:
    Rehearsal(const LoadBasis& basis, bool onDevice, std::optional<DType> target)
        : basis_(basis),
          tensors_(basis.checkpoint.tensors),
          distinct_(basis.distinct),
          onDevice_(onDevice),
          target_(target) {}

    void baseline() {
        buildInitialised();
        readStateDict(onDevice_);
    }
    void sequential() {
        buildInitialised();
        const auto state = readStateDict(false);
        if (!onDevice_) return;
        for (const TensorId id : distinct_) device_.release(device_.allocate(tensors_.nbytes(id)));
        for (const auto& storage : state) host_.release(storage);
    }
    void meta() {
        toEmpty();
        readStateDict(onDevice_);
        for (const TensorId id : distinct_) fill(id);
    }
    void mmapAssign() {
        for (const TensorId id : distinct_) {
            if (!usableInPlace(tensors_, id))
                copied(tensors_.nbytes(id));
            else if (map(id) && onDevice_)
                device_.allocate(tensors_.storage(id).bytes);
        }
        verifyMapped();
    }
    void perTensor() {
        toEmpty();
        for (const TensorId id : distinct_) {
            const auto part = readPart(id);
            fill(id);
            host_.release(part);
        }
    }
    void mmapProcess() {
        for (const TensorId id : distinct_) {
            const std::uint64_t bytes = bytesAs(tensors_, id, target_);
            const bool inPlace = usableInPlace(tensors_, id);
            if (inPlace) map(id);
            if (!inPlace || dtypeAs(tensors_, id, target_) != tensors_.dtype(id))
                copied(bytes);
            else if (onDevice_)
                device_.allocate(bytes);
        }
        verifyMapped();
    }
    void lazy() {
        toEmpty();
        for (const TensorId id : distinct_) {
            const auto part = readPart(id);
            const bool cast = dtypeAs(tensors_, id, target_) != tensors_.dtype(id);
            const auto converted = cast ? readBytes(bytesAs(tensors_, id, target_)) : part;
            if (cast) host_.release(part);
            fill(id);
            host_.release(converted);
        }
    }
    void streamed() {
        if (onDevice_) return streamedToDevice();
        toEmpty();
        for (const TensorId id : distinct_) fill(id);
        streamBuffers();
    }

    [[nodiscard]] Prediction result() {
        if (onDevice_) watchAndVerify();
        Prediction prediction;
        prediction.hostAnon = saturating::add(
            host_.peak(), basis_.objectBytes + (device_.peakBlocks() + packed_.blocks()) * kDeviceBlock);
        prediction.hostFile = mappedBytes() + basis_.metadataBytes + kLibraryPages;
        prediction.device = saturating::add(device_.peakAllocated(), packed_.allocated());
        prediction.deviceReserved = saturating::add(device_.peakReserved(), packed_.reserved());
        prediction.hostBuffers = buffers_;
        return prediction;
    }

private:
    HostModel::Request readBytes(std::uint64_t bytes) {
        const auto request = host_.allocate(bytes);
        host_.touch(request);
        return request;
    }
    HostModel::Request readPart(TensorId id) { return readBytes(tensors_.nbytes(id)); }

    // What the reader threads that find work hold beside the weights on the host: whole blocks come from the disk by
    // way of one buffer each, blocks that are cast and those of small tensors by way of another.
    void streamBuffers() {
        std::uint64_t whole = 0;
        std::uint64_t parted = 0;
        std::uint64_t small = 0;
        for (const TensorId id : distinct_) {
            const std::uint64_t bytes = tensors_.nbytes(id);
            const bool cast = dtypeAs(tensors_, id, target_) != tensors_.dtype(id);
            if (bytes < stream_buffers::kSmallBytes)
                small += bytes;
            else
                (cast ? parted : whole) += blocksOf(bytes);
        }
        const auto held = [](std::uint64_t blocks) {
            return std::min<std::uint64_t>(blocks, stream_buffers::kThreads);
        };
        buffers_ =
            held(whole) * stream_buffers::kStagingBytes + held(parted + blocksOf(small)) * stream_buffers::kBlockBytes;
        readBytes(buffers_);
    }
    static std::uint64_t blocksOf(std::uint64_t bytes) {
        return bytes / stream_buffers::kBlockBytes + (bytes % stream_buffers::kBlockBytes != 0 ? 1 : 0);
    }

    // Reads of the plan, and those among them that bring bytes to cast.
    struct Reads {
        std::uint64_t all = 0;
        std::uint64_t casts = 0;
    };
    [[nodiscard]] Reads streamedReads() const {
        Reads reads;
        const Storage* first = nullptr;  // of the small neighbours that share a read
        bool counted = false;            // their read, among those that cast
        for (const TensorId id : distinct_) {
            const std::uint64_t bytes = tensors_.nbytes(id);
            if (bytes == 0) continue;
            const bool cast = dtypeAs(tensors_, id, target_) != tensors_.dtype(id);
            const bool small = bytes < stream_buffers::kSmallBytes;
            const Storage& storage = tensors_.storage(id);
            const bool joins = small && first != nullptr && storage.file == first->file &&
                               storage.offset >= first->offset &&
                               storage.offset - first->offset + storage.bytes <= stream_buffers::kBlockBytes;
            if (!joins) {
                reads.all += blocksOf(bytes);
                first = small ? &storage : nullptr;
                counted = false;
            }
            if (cast && !counted) reads.casts += small ? 1 : blocksOf(bytes);
            counted = counted || (cast && small);
        }
        return reads;
    }

    // The weights, and what each reader thread holds: pinned blocks, and on the device a block before its cast.
    void streamedToDevice() {
        for (const TensorId id : distinct_) packed_.allocate(bytesAs(tensors_, id, target_));
        const Reads reads = streamedReads();
        std::vector<HostModel::Request> pinned;
        for (std::uint64_t n = 0; n < std::min<std::uint64_t>(reads.all, stream_buffers::kThreads); ++n) {
            readBytes(kThreadLocals);
            for (std::size_t buffer = 0; buffer < stream_buffers::kPinnedPerThread; ++buffer)
                pinned.push_back(readBytes(stream_buffers::kBlockBytes + kPage));
            if (n < reads.casts) packed_.allocate(stream_buffers::kBlockBytes);
        }
        for (const auto& buffer : pinned) host_.release(buffer);
    }

    // The thread that reports the device's figures; then the weights come back, block by block.
    void watchAndVerify() {
        readBytes(kThreadLocals);
        std::uint64_t largest = 0;
        for (const TensorId id : distinct_) largest = std::max(largest, bytesAs(tensors_, id, target_));
        readBytes(std::min(largest, kVerifyBlockBytes));
    }

    // Tensors that lie as the file has them, or were cast from that, are put in order block by block.
    void verifyMapped() {
        if (onDevice_) return;
        std::uint64_t largest = 0;
        for (const TensorId id : distinct_)
            if (usableInPlace(tensors_, id) && !tensors_.contiguous(id))
                largest = std::max(largest, bytesAs(tensors_, id, target_));
        readBytes(std::min(largest, kVerifyBlockBytes));
    }

    // Bytes that come to the module by way of host memory, or stay there.
    void copied(std::uint64_t bytes) {
        const auto request = readBytes(bytes);
        if (!onDevice_) return;
        device_.allocate(bytes);
        host_.release(request);
    }

    // Every byte of the module is written; on a device it is then moved, tensor by tensor.
    void buildInitialised() {
        std::vector<HostModel::Request> module;
        for (const TensorId id : distinct_) module.push_back(readPart(id));
        if (!onDevice_) return;
        for (std::size_t n = 0; n < module.size(); ++n) {
            device_.allocate(tensors_.nbytes(distinct_[n]));
            host_.release(module[n]);
        }
    }

    // Memory for the module's tensors; host memory is resident when it is filled.
    void toEmpty() {
        for (const TensorId id : distinct_) {
            const std::uint64_t bytes = bytesAs(tensors_, id, target_);
            if (onDevice_)
                device_.allocate(bytes);
            else
                module_.push_back(host_.allocate(bytes));
        }
    }
    void fill(TensorId) {
        if (!onDevice_) host_.touch(module_[filled_++]);
    }

    // What of it is on the host in the end.
    std::vector<HostModel::Request> readStateDict(bool toDevice) {
        std::vector<HostModel::Request> state;
        for (const StorageId id : basis_.storages) {
            state.push_back(readBytes(tensors_.storage(id).bytes));
            if (!toDevice) continue;
            device_.allocate(tensors_.storage(id).bytes);
            host_.release(state.back());
            state.pop_back();
        }
        return state;
    }

    // True the first time for each storage.
    bool map(TensorId id) {
        const auto storage = tensors_.storageId(id);
        if (mapped_.empty()) mapped_.resize(tensors_.storages().size());
        if (mapped_[storage.index()]) return false;
        mapped_[storage.index()] = true;
        return true;
    }

    // Whole pages of the files under mapped storages, each counted once.
    [[nodiscard]] std::uint64_t mappedBytes() const {
        struct Pages {
            std::uint32_t file;
            std::uint64_t first, end;
        };
        std::vector<Pages> ranges;
        for (std::uint32_t id = 0; id < mapped_.size(); ++id) {
            const Storage& storage = tensors_.storage(StorageId(id));
            if (mapped_[id] && storage.bytes != 0)
                ranges.push_back(
                    {storage.file.value, storage.offset / kPage, (storage.offset + storage.bytes - 1) / kPage + 1});
        }
        const auto inFileOrder = [](const Pages& a, const Pages& b) {
            return a.file != b.file ? a.file < b.file : a.first < b.first;
        };
        if (!std::is_sorted(ranges.begin(), ranges.end(), inFileOrder))
            std::sort(ranges.begin(), ranges.end(), inFileOrder);
        std::uint64_t pages = 0;
        Pages seen{~std::uint32_t{0}, 0, 0};
        for (const Pages& range : ranges) {
            if (range.file != seen.file) seen = {range.file, 0, 0};
            const std::uint64_t first = std::max(range.first, seen.end);
            if (range.end > first) pages += range.end - first;
            seen.end = std::max(seen.end, range.end);
        }
        return pages * kPage;
    }

    const LoadBasis& basis_;
    const TensorTable& tensors_;
    const std::vector<TensorId>& distinct_;
    bool onDevice_;
    std::optional<DType> target_;
    HostModel host_;
    DeviceModel device_;
    PackedDeviceModel packed_;
    std::vector<HostModel::Request> module_;
    std::size_t filled_ = 0;
    std::vector<bool> mapped_;   // by storage
    std::uint64_t buffers_ = 0;  // of streamed on the host
};

struct Steps {
    std::string_view strategy;
    void (Rehearsal::*run)();
};

constexpr std::array<Steps, 8> kSteps = {{
    {"baseline", &Rehearsal::baseline},
    {"sequential", &Rehearsal::sequential},
    {"meta", &Rehearsal::meta},
    {"mmap-assign", &Rehearsal::mmapAssign},
    {"per-tensor", &Rehearsal::perTensor},
    {"mmap-process", &Rehearsal::mmapProcess},
    {"lazy", &Rehearsal::lazy},
    {"streamed", &Rehearsal::streamed},
}};

}  // namespace

LoadBasis loadBasis(const Checkpoint& checkpoint) {
    const TensorTable& tensors = checkpoint.tensors;
    LoadBasis basis{checkpoint, distinctTensors(tensors).first, {}, 0, metadataBytes(checkpoint)};
    std::vector<bool> used(tensors.storages().size());
    for (const TensorId id : basis.distinct) used[tensors.storageId(id).index()] = true;
    for (std::uint32_t id = 0; id < used.size(); ++id)
        if (used[id]) basis.storages.emplace_back(id);
    basis.objectBytes = kAnyLoad + tensors.size() * kTensorObjects + moduleCount(tensors) * kModuleObjects;
    return basis;
}

std::optional<Prediction> predictLoad(const LoadBasis& basis, std::string_view strategy, bool onDevice,
                                      std::optional<DType> target) {
    const auto steps =
        std::find_if(kSteps.begin(), kSteps.end(), [&](const Steps& s) { return s.strategy == strategy; });
    if (steps == kSteps.end()) return std::nullopt;
    Rehearsal rehearsal(basis, onDevice, target);
    (rehearsal.*steps->run)();
    return rehearsal.result();
}

bool isUpperBound(const Prediction& prediction) noexcept {
    return prediction.hostBuffers > prediction.hostAnon / 20;
}

FitVerdict judgeFit(const Prediction& prediction, bool onDevice, const Room& room) noexcept {
    FitVerdict verdict;
    verdict.hostNeed = saturating::add(before_load::kHostAnon, prediction.hostAnon);
    if (onDevice) verdict.deviceNeed = saturating::add(before_load::kDeviceContext, prediction.deviceReserved);
    const bool hostFails = room.host && verdict.hostNeed > *room.host;
    const bool deviceFails = onDevice && room.device && verdict.deviceNeed > *room.device;
    if (hostFails || deviceFails)
        verdict.fit = Fit::No;
    else
        verdict.fit = room.host && (!onDevice || room.device) ? Fit::Yes : Fit::Unknown;
    return verdict;
}

std::optional<std::uint64_t> availableHostMemory() {
    std::ifstream meminfo("/proc/meminfo");
    std::string key;
    std::uint64_t kib = 0;
    std::string unit;
    while (meminfo >> key >> kib) {
        if (key == "MemAvailable:") return kib * 1024;
        std::getline(meminfo, unit);
    }
    return std::nullopt;
}

}  // namespace plimsoll
