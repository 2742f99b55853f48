// SPDX-License-Identifier: GPL-3.0-or-later
// direct_read_bench FILE: how fast the disk gives this file with O_DIRECT: several readers, each with several requests
// under way, into buffers in huge pages that are used again and again, or ("keeps") into memory for all of the file, as
// whoever wants to have it needs. JSON: one object for each combination. Called by run.sh.
#include <fcntl.h>
#include <liburing.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>

namespace {

constexpr std::uint64_t kHugePage = 2U << 20U;

enum class Memory : std::uint8_t { Reused, Pages, HugePages };

struct Way {
    unsigned readers;
    unsigned depth;
    std::uint64_t requestBytes;
    Memory memory = Memory::Reused;
};
constexpr Way kWays[] = {
    {1, 1, 8U << 20U},
    {2, 1, 4U << 20U},
    {4, 1, 4U << 20U},
    {1, 4, 4U << 20U},
    {2, 4, 4U << 20U},
    {8, 1, 1U << 20U},
    {1, 8, 1U << 20U},
    {2, 4, 1U << 20U},
    {4, 8, 512U << 10U},
    {1, 32, 512U << 10U},
    {2, 16, 512U << 10U},
    {4, 1, 4U << 20U, Memory::Pages},
    {12, 1, 2U << 20U, Memory::Pages},
    {4, 1, 4U << 20U, Memory::HugePages},
    {8, 1, 4U << 20U, Memory::HugePages},
};

struct Buffer {
    Buffer(std::uint64_t wanted, bool huge) {
        const std::uint64_t bytes = (wanted + kHugePage - 1) / kHugePage * kHugePage;
        memory = static_cast<char*>(std::aligned_alloc(kHugePage, bytes));
        if (memory == nullptr) std::abort();
        if (huge) static_cast<void>(::madvise(memory, bytes, MADV_HUGEPAGE));
    }
    Buffer(const Buffer&) = delete;
    Buffer& operator=(const Buffer&) = delete;
    ~Buffer() { std::free(memory); }
    char* memory = nullptr;
};

// Reads the file's blocks as they come, together with the other readers, to their places in `whole` or, where that is
// null, into buffers of its own. False where a read failed.
bool readBlocks(int fd, std::uint64_t size, const Way& way, char* whole, std::atomic<std::uint64_t>& next) {
    const Buffer buffer(way.depth * way.requestBytes, true);
    io_uring ring{};
    if (io_uring_queue_init(way.depth, &ring, 0) != 0) return false;
    unsigned underWay = 0;
    const auto ask = [&](unsigned slot) {
        const std::uint64_t at = next.fetch_add(way.requestBytes);
        if (at >= size) return;
        io_uring_sqe* request = io_uring_get_sqe(&ring);
        char* const place = whole != nullptr ? whole + at : buffer.memory + slot * way.requestBytes;
        io_uring_prep_read(request, fd, place, static_cast<unsigned>(way.requestBytes), at);
        request->user_data = slot;
        ++underWay;
    };
    for (unsigned slot = 0; slot < way.depth; ++slot) ask(slot);
    bool good = true;
    while (underWay > 0 && good) {
        io_uring_submit(&ring);
        io_uring_cqe* done = nullptr;
        good = io_uring_wait_cqe(&ring, &done) == 0 && done->res > 0;
        if (!good) break;
        const auto slot = static_cast<unsigned>(done->user_data);
        io_uring_cqe_seen(&ring, done);
        --underWay;
        ask(slot);
    }
    io_uring_queue_exit(&ring);
    return good;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    const int fd = ::open(argv[1], O_RDONLY | O_DIRECT);
    struct stat status {};
    if (fd < 0 || ::fstat(fd, &status) != 0) {
        fmt::print(stderr, "direct_read_bench: {}: cannot be opened for direct reads\n", argv[1]);
        return 1;
    }
    const auto size = static_cast<std::uint64_t>(status.st_size);
    fmt::print("[");
    bool first = true;
    for (const Way& way : kWays) {
        const bool keeps = way.memory != Memory::Reused;
        // Requests are whole ones at the file's end too.
        const Buffer whole(keeps ? size + way.requestBytes : 1, way.memory == Memory::HugePages);
        std::atomic<std::uint64_t> next = 0;
        std::atomic<bool> good = true;
        const auto start = std::chrono::steady_clock::now();
        {
            std::vector<std::jthread> readers;
            for (unsigned n = 0; n < way.readers; ++n) {
                readers.emplace_back([&] {
                    if (!readBlocks(fd, size, way, keeps ? whole.memory : nullptr, next)) good = false;
                });
            }
        }
        const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
        if (!good) {
            fmt::print(stderr, "direct_read_bench: {}: a direct read failed\n", argv[1]);
            return 1;
        }
        fmt::print(
            "{}{{\"readers\": {}, \"depth\": {}, \"request_bytes\": {}, \"keeps\": {}, \"bytes\": {}, \"seconds\": "
            "{:.6f}}}",
            first ? "" : ", ", way.readers, way.depth, way.requestBytes, keeps, size, seconds);
        first = false;
    }
    fmt::print("]\n");
    return 0;
}
