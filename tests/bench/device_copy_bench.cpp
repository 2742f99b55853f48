// SPDX-License-Identifier: GPL-3.0-or-later
// device_copy_bench [DEVICE]: bytes a second from pinned host memory to a CUDA device: in one large copy, and in blocks
// from two buffers as `streamed` copies them. JSON. Called by gpu.sh.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>

#include <cuda_runtime_api.h>
#include <fmt/format.h>

#include "memory/stream_buffers.h"

namespace {

constexpr std::size_t kLarge = 1U << 30U;
constexpr int kRounds = 8;

void need(cudaError_t status, const char* what) {
    if (status == cudaSuccess) return;
    fmt::print(stderr, "device_copy_bench: {}: {}\n", what, cudaGetErrorString(status));
    std::exit(1);
}

// Seconds for `bytes` in copies of `block`, from places of the host's memory that take turns.
double copy(char* device, const char* host, std::size_t bytes, std::size_t block, cudaStream_t stream) {
    const auto start = std::chrono::steady_clock::now();
    for (std::size_t at = 0; at < bytes; at += block)
        need(cudaMemcpyAsync(device + at, host + at % (2 * block), block, cudaMemcpyHostToDevice, stream), "copy");
    need(cudaStreamSynchronize(stream), "wait");
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

int main(int argc, char** argv) {
    need(cudaSetDevice(argc > 1 ? std::atoi(argv[1]) : 0), "device");
    void* host = nullptr;
    void* device = nullptr;
    cudaStream_t stream = nullptr;
    need(cudaHostAlloc(&host, 2 * kLarge, cudaHostAllocDefault), "pinned memory");
    need(cudaMalloc(&device, kLarge), "device memory");
    need(cudaStreamCreate(&stream), "stream");
    double large = 1e9;
    double blocks = 1e9;
    for (int round = 0; round < kRounds; ++round) {
        large = std::min(large, copy(static_cast<char*>(device), static_cast<char*>(host), kLarge, kLarge, stream));
        blocks = std::min(blocks, copy(static_cast<char*>(device), static_cast<char*>(host), kLarge,
                                       static_cast<std::size_t>(plimsoll::stream_buffers::kBlockBytes), stream));
    }
    fmt::print("{{\"bytes\": {}, \"large_s\": {:.6f}, \"block_bytes\": {}, \"blocks_s\": {:.6f}}}\n", kLarge, large,
               plimsoll::stream_buffers::kBlockBytes, blocks);
    return 0;
}
