// SPDX-License-Identifier: GPL-3.0-or-later
#include "load/cuda.h"

#ifdef PLIMSOLL_HAVE_CUDA

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdlib>
#include <span>

#include <c10/core/AllocatorConfig.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAFunctions.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#include <cuda_runtime_api.h>
#include <fmt/format.h>

#include "base/glob.h"
#include "io/direct_file.h"
#include "memory/process_sampler.h"
#include "memory/stream_buffers.h"

namespace plimsoll::cuda {

namespace {

namespace allocator = c10::cuda::CUDACachingAllocator;

constexpr auto kAll = static_cast<std::size_t>(c10::CachingAllocator::StatType::AGGREGATE);

std::uint64_t unsignedOf(std::int64_t bytes) {
    return bytes > 0 ? static_cast<std::uint64_t>(bytes) : 0;
}

std::uint64_t usedOnDevice(at::Device device) {
    const c10::cuda::CUDAGuard guard(device);
    std::size_t free = 0;
    std::size_t total = 0;
    C10_CUDA_CHECK(cudaMemGetInfo(&free, &total));
    return total - free;
}

// Read without a context, which would cost memory on every device.
cudaDeviceProp propertiesOf(at::Device device) noexcept {
    cudaDeviceProp properties{};
    C10_CUDA_IGNORE_ERROR(cudaGetDeviceProperties(&properties, device.index()));
    return properties;
}

// 13020 is 13.2.
std::string cudaVersion(int number) {
    return fmt::format("{}.{}", number / 1000, number % 1000 / 10);
}

// Settings of the user's own that change what torch's allocator does, and with it every figure of the device.
std::string allocatorSettings() {
    for (const char* name : {"PYTORCH_CUDA_ALLOC_CONF", "PYTORCH_ALLOC_CONF", "PYTORCH_NO_CUDA_MEMORY_CACHING"})
        if (const char* value = std::getenv(name); value != nullptr && *value != '\0')
            return fmt::format("; {}={} is set: the allocator is not as predictions have it", name, value);
    return {};
}

// Host memory that the device reads by itself, and the mark that says when it has. Registered and not allocated by
// CUDA: these are plain anonymous pages, into which a disk reads directly (what a driver maps may refuse that), and
// which the process's own figures count.
// Where they cannot be registered, a copy from them returns when the driver has taken the bytes over: slower, not
// wrong.
class PinnedBuffer {
public:
    explicit PinnedBuffer(std::size_t bytes) : memory_(bytes), pinned_(pin(memory_) == cudaSuccess) {
        // Who waits sleeps: by default it spins, on a processor that the threads that read could use.
        const cudaError_t created = cudaEventCreateWithFlags(&read_, cudaEventDisableTiming | cudaEventBlockingSync);
        if (created != cudaSuccess) unpin();
        C10_CUDA_CHECK(created);
    }
    PinnedBuffer(const PinnedBuffer&) = delete;
    PinnedBuffer& operator=(const PinnedBuffer&) = delete;
    // No copy from it may be under way.
    ~PinnedBuffer() {
        C10_CUDA_IGNORE_ERROR(cudaEventDestroy(read_));
        unpin();
    }

    // What CUDA says to the registration of a page.
    [[nodiscard]] static cudaError_t tryToPin() {
        PageBuffer page(1);
        const cudaError_t status = pin(page);
        if (status == cudaSuccess) C10_CUDA_IGNORE_ERROR(cudaHostUnregister(page.bytes().data()));
        return status;
    }

    void waitUntilFree() const { C10_CUDA_CHECK(cudaEventSynchronize(read_)); }
    void markBusy(cudaStream_t stream) const { C10_CUDA_CHECK(cudaEventRecord(read_, stream)); }
    [[nodiscard]] std::byte* memory() const noexcept { return memory_.bytes().data(); }

private:
    static cudaError_t pin(PageBuffer& memory) {
        const cudaError_t status =
            cudaHostRegister(memory.bytes().data(), memory.bytes().size(), cudaHostRegisterDefault);
        if (status != cudaSuccess) static_cast<void>(cudaGetLastError());  // it is answered here
        return status;
    }
    void unpin() noexcept {
        if (pinned_) C10_CUDA_IGNORE_ERROR(cudaHostUnregister(memory_.bytes().data()));
    }

    PageBuffer memory_;
    bool pinned_;
    cudaEvent_t read_ = nullptr;
};

// Reads into one pinned buffer while the device still copies from the other.
class PinnedLane final : public Lane {
public:
    PinnedLane(const ModuleTree& tree, at::Device device)
        : tree_(tree), guard_(device), stream_(c10::cuda::getStreamFromPool(false, device.index())) {}
    PinnedLane(const PinnedLane&) = delete;
    PinnedLane& operator=(const PinnedLane&) = delete;
    // Also where a read or a copy failed half-way: the device may still be reading from the buffers.
    ~PinnedLane() override { C10_CUDA_IGNORE_ERROR(cudaStreamSynchronize(stream_)); }

    Result<Place> place(std::span<const Piece>, std::uint64_t offset, std::uint64_t bytes) override {
        current_ = (current_ + 1) % buffers_.size();
        buffers_[current_].waitUntilFree();
        return Place{
            std::span(buffers_[current_].memory() + offset % DirectFile::kAlignment, static_cast<std::size_t>(bytes)),
            false};
    }

    Result<void> deliver(std::span<const Piece> pieces, std::span<const std::byte> block) override {
        for (const Piece& piece : pieces) {
            const auto& slot = tree_.slots()[piece.slot];
            const auto bytes =
                block.subspan(static_cast<std::size_t>(piece.blockOffset), static_cast<std::size_t>(piece.bytes));
            if (slot.casts())
                cast(slot, piece, bytes);
            else
                copyTo(static_cast<std::byte*>(slot.value.mutable_data_ptr()) + piece.slotOffset, bytes);
        }
        buffers_[current_].markBusy(stream_);
        return {};
    }

    Result<void> finish() override {
        stream_.synchronize();
        return {};
    }

private:
    void copyTo(void* place, std::span<const std::byte> bytes) {
        C10_CUDA_CHECK(cudaMemcpyAsync(place, bytes.data(), bytes.size(), cudaMemcpyHostToDevice, stream_));
    }

    // The stored bytes go to a buffer on the device, which casts them from there. All on one stream, so that a buffer
    // is not overwritten before it was cast.
    void cast(const ModuleTree::Slot& slot, const Piece& piece, std::span<const std::byte> bytes) {
        // Of the default stream's memory, as the weights are: the allocator reserves 20 MiB for each stream that asks.
        // It goes back when this lane's stream has come to its end.
        if (!stored_.defined())
            stored_ = at::empty({static_cast<std::int64_t>(stream_buffers::kBlockBytes)},
                                at::TensorOptions(at::kByte).device(slot.value.device()));
        const c10::cuda::CUDAStreamGuard onStream(stream_);
        copyTo(stored_.mutable_data_ptr(), bytes);
        const auto elementBytes = static_cast<std::int64_t>(at::elementSize(slot.stored));
        const auto count = static_cast<std::int64_t>(bytes.size()) / elementBytes;
        const auto first = static_cast<std::int64_t>(piece.slotOffset) / elementBytes;
        slot.value.detach()
            .view({-1})
            .narrow(0, first, count)
            .copy_(stored_.narrow(0, 0, count * elementBytes).view(slot.stored));
    }

    static constexpr auto kBufferBytes = static_cast<std::size_t>(stream_buffers::kBlockBytes + DirectFile::kAlignment);

    const ModuleTree& tree_;
    c10::cuda::CUDAGuard guard_;  // the lane's thread works on this device
    c10::cuda::CUDAStream stream_;
    std::array<PinnedBuffer, stream_buffers::kPinnedPerThread> buffers_{PinnedBuffer(kBufferBytes),
                                                                        PinnedBuffer(kBufferBytes)};
    std::size_t current_ = 0;
    at::Tensor stored_;  // on the device: a block before its cast
};

}  // namespace

int deviceCount() noexcept {
    return c10::cuda::device_count();
}

std::string whyNoDevice() {
    int driver = 0;
    int runtime = 0;
    C10_CUDA_IGNORE_ERROR(cudaDriverGetVersion(&driver));
    C10_CUDA_IGNORE_ERROR(cudaRuntimeGetVersion(&runtime));
    if (driver == 0) return "no NVIDIA driver is installed";
    if (driver / 1000 < runtime / 1000)
        return fmt::format("the NVIDIA driver knows CUDA up to {}, LibTorch needs {}", cudaVersion(driver),
                           cudaVersion(runtime));
    int count = 0;
    const cudaError_t status = cudaGetDeviceCount(&count);
    C10_CUDA_IGNORE_ERROR(status);
    const char* visible = std::getenv("CUDA_VISIBLE_DEVICES");
    return fmt::format("CUDA says: {}{}", cudaGetErrorString(status),
                       visible == nullptr ? "" : fmt::format("; CUDA_VISIBLE_DEVICES is '{}'", visible));
}

namespace {

// Where streamed cannot work as it is meant to.
std::string pinning() {
    const cudaError_t status = PinnedBuffer::tryToPin();
    if (status == cudaSuccess) return {};
    return fmt::format("; host memory cannot be pinned ({}): streamed waits for its copies",
                       cudaGetErrorString(status));
}

}  // namespace

std::uint64_t totalMemory(at::Device device) noexcept {
    return propertiesOf(device).totalGlobalMem;
}

Result<std::string> prepare(at::Device device, std::uint64_t limit) {
    TRY(const ProcessSampler self, ProcessSampler::open(::getpid()));
    TRY(const MemorySample before, self.sample());
    const c10::cuda::CUDAGuard guard(device);
    // The first tensor makes the context and starts the allocator, the cast loads the kernels of casts and of copies
    // that are not contiguous, the first stream of its own makes torch's whole pool of them.
    at::zeros({1}, at::TensorOptions().device(device)).to(at::kBFloat16).cpu();
    c10::cuda::getStreamFromPool(false, device.index()).synchronize();
    allocator::emptyCache();
    allocator::resetPeakStats(device.index());
    if (limit != 0) {
        // Of the total that the allocator itself takes the fraction of.
        const double fraction = static_cast<double>(limit) / static_cast<double>(propertiesOf(device).totalGlobalMem);
        allocator::setMemoryFraction(std::min(fraction, 1.0), device.index());
    }
    TRY(const MemorySample after, self.sample());
    const std::uint64_t grown = after.rss > before.rss ? after.rss - before.rss : 0;
    return fmt::format(
        "{}: the CUDA context ({} of host memory, {} of the device in use by all programs) belongs to the baseline{}{}",
        propertiesOf(device).name, formatByteSize(grown), formatByteSize(usedOnDevice(device)), allocatorSettings(),
        pinning());
}

void packAllocations(at::Device device) {
    c10::CachingAllocator::setAllocatorSettings("expandable_segments:True");
    try {
        at::empty({1}, at::TensorOptions().device(device));
    } catch (const c10::OutOfMemoryError&) {
        throw;
    } catch (const c10::Error&) {
        // A driver that cannot map memory in pages (some virtual GPUs): as all other strategies then.
        c10::CachingAllocator::setAllocatorSettings("expandable_segments:False");
    }
}

void synchronize(at::Device device) {
    const c10::cuda::CUDAGuard guard(device);
    c10::cuda::device_synchronize();
}

protocol::DeviceSample sample(at::Device device) {
    const auto stats = allocator::getDeviceStats(device.index());
    return {protocol::nowNs(), unsignedOf(stats.allocated_bytes[kAll].current),
            unsignedOf(stats.reserved_bytes[kAll].current), usedOnDevice(device)};
}

DevicePeaks peaks(at::Device device) {
    const auto stats = allocator::getDeviceStats(device.index());
    return {unsignedOf(stats.allocated_bytes[kAll].peak), unsignedOf(stats.reserved_bytes[kAll].peak),
            usedOnDevice(device)};
}

Result<std::unique_ptr<Lane>> makePinnedLane(const ModuleTree& tree, at::Device device) {
    return std::make_unique<PinnedLane>(tree, device);
}

}  // namespace plimsoll::cuda

#endif
