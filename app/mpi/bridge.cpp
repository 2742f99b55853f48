// SPDX-License-Identifier: GPL-3.0-or-later
#include "bridge.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include <mpi.h>
#include <time.h>

namespace {

// Ranks wait for hours for one that has more to do. MPI's own waiting would keep a processor busy for each of them.
int wait(MPI_Request request) {
    constexpr long kShortestNs = 20'000;
    constexpr long kLongestNs = 5'000'000;
    for (long pause = kShortestNs;; pause = std::min(2 * pause, kLongestNs)) {
        int done = 0;
        const int error = MPI_Test(&request, &done, MPI_STATUS_IGNORE);
        if (error != MPI_SUCCESS || done != 0) return error;
        const timespec time{0, pause};
        nanosleep(&time, nullptr);
    }
}

int ranks() {
    int size = 1;
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    return size;
}

int join(unsigned* rank, unsigned* size) {
    int provided = 0;
    int error = MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided);
    if (error != MPI_SUCCESS) return error;
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    int own = 0;
    error = MPI_Comm_rank(MPI_COMM_WORLD, &own);
    *rank = static_cast<unsigned>(own);
    *size = static_cast<unsigned>(ranks());
    return error;
}

int tellSizes(std::uint64_t mine, std::uint64_t* sizes) {
    MPI_Request request = MPI_REQUEST_NULL;
    const int error = MPI_Iallgather(&mine, 1, MPI_UINT64_T, sizes, 1, MPI_UINT64_T, MPI_COMM_WORLD, &request);
    return error == MPI_SUCCESS ? wait(request) : error;
}

int tell(const void* mine, const std::uint64_t* sizes, void* all, int everyone) {
    const auto count = static_cast<std::size_t>(ranks());
    std::vector<int> bytes(count);
    std::vector<int> places(count);
    int place = 0;
    for (std::size_t i = 0; i < count; ++i) {
        bytes[i] = static_cast<int>(sizes[i]);
        places[i] = place;
        place += bytes[i];
    }
    int rank = 0;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    const int own = bytes[static_cast<std::size_t>(rank)];
    MPI_Request request = MPI_REQUEST_NULL;
    const int error = everyone != 0 ? MPI_Iallgatherv(mine, own, MPI_BYTE, all, bytes.data(), places.data(), MPI_BYTE,
                                                      MPI_COMM_WORLD, &request)
                                    : MPI_Igatherv(mine, own, MPI_BYTE, all, bytes.data(), places.data(), MPI_BYTE, 0,
                                                   MPI_COMM_WORLD, &request);
    return error == MPI_SUCCESS ? wait(request) : error;
}

void describe(int error, char* text, std::size_t bytes) {
    std::array<char, MPI_MAX_ERROR_STRING> whole{};
    int length = 0;
    if (MPI_Error_string(error, whole.data(), &length) != MPI_SUCCESS) length = 0;
    const auto shown = std::min(bytes - 1, static_cast<std::size_t>(length));
    std::memcpy(text, whole.data(), shown);
    text[shown] = '\0';
}

void leave(int broken) {
    if (broken != 0) MPI_Abort(MPI_COMM_WORLD, 1);
    MPI_Finalize();
}

}  // namespace

const PlimsollMpi* plimsollMpi() {
    static constexpr PlimsollMpi kFunctions{join, tellSizes, tell, describe, leave};
    return &kFunctions;
}
