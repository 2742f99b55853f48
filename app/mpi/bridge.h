// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>

// What plimsoll-mpi.so offers: the little of MPI that plimsoll-cli uses. Linked, MPI's libraries would make every start
// of the program many times slower, and it could not start where there is no MPI. All functions are called from the
// thread that joined; those that answer an int answer 0 or what describe() tells.
struct PlimsollMpi {
    // Starts MPI.
    int (*join)(unsigned* rank, unsigned* size);
    // How many bytes each rank has to say; `sizes` holds one number a rank.
    int (*tellSizes)(std::uint64_t mine, std::uint64_t* sizes);
    // What each of them says, one after the other in the order of ranks; for rank 0, or for everyone.
    //   sizes  as tellSizes() answered, in all not above 2^31 - 1
    int (*tell)(const void* mine, const std::uint64_t* sizes, void* all, int everyone);
    void (*describe)(int error, char* text, std::size_t bytes);
    // Ends MPI. `broken`: for all ranks, at once.
    void (*leave)(int broken);
};

extern "C" const PlimsollMpi* plimsollMpi();
