// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/sigbus_guard.h"

#include <atomic>
#include <cerrno>
#include <csignal>

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "io/address_table.h"
#include "io/signal_chain.h"

namespace plimsoll::sigbus_guard {

namespace {

struct Watched {
    std::atomic<std::uint64_t> firstLost{kNoOffset};
    std::atomic<int> fd{-1};
};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free && std::atomic<int>::is_always_lock_free,
              "a signal handler reads these");

AddressTable<Watched, kSlots> table;
SignalChain chain;
std::atomic<std::uintptr_t> pageBytes{0};

// Puts zeros where the file has lost bytes. True where the faulting read can go on.
bool patch(std::uintptr_t address) noexcept {
    auto* const slot = table.find(address);
    if (slot == nullptr) return false;
    const auto page = address & ~(pageBytes.load(std::memory_order_relaxed) - 1);
    const std::uint64_t offset = page - slot->begin.load(std::memory_order_relaxed);
    // A file that was cut short has lost everything from here on: one patch for all of it, because each one splits
    // the mapping and the kernel allows some 65,000 pieces. A failing disk loses single pages.
    std::uintptr_t patchBytes = pageBytes.load(std::memory_order_relaxed);
    struct stat status {};
    if (::fstat(slot->known.fd.load(std::memory_order_relaxed), &status) == 0 &&
        static_cast<std::uint64_t>(status.st_size) <= offset)
        patchBytes = slot->end.load(std::memory_order_relaxed) - page;
    void* const target = reinterpret_cast<void*>(page);  // NOLINT(performance-no-int-to-ptr)
    if (::mmap(target, patchBytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
        return false;
    auto& firstLost = slot->known.firstLost;
    std::uint64_t known = firstLost.load(std::memory_order_relaxed);
    while (offset < known && !firstLost.compare_exchange_weak(known, offset, std::memory_order_release)) {
    }
    return true;
}

void onSigbus(int signal, siginfo_t* info, void* context) {
    const int savedErrno = errno;
    const bool lostPage = info->si_code == BUS_ADRERR || info->si_code == BUS_MCEERR_AR;
    if (!lostPage || !patch(reinterpret_cast<std::uintptr_t>(info->si_addr))) chain.passOn(signal, info, context);
    errno = savedErrno;
}

int installHandler() noexcept {
    pageBytes = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    return chain.install(SIGBUS, onSigbus);
}

}  // namespace

Result<int> watch(const std::byte* address, std::uint64_t bytes, int fd) {
    static const int installError = installHandler();
    if (installError != 0) return fail(Errc::Io, "cannot guard a mapping: " + errnoText(installError));
    const auto begin = reinterpret_cast<std::uintptr_t>(address);
    const auto page = pageBytes.load(std::memory_order_relaxed);
    const int slot = table.add(begin, (begin + bytes + page - 1) & ~(page - 1), [fd](Watched& watched) {
        watched.firstLost.store(kNoOffset, std::memory_order_relaxed);
        watched.fd.store(fd, std::memory_order_relaxed);
    });
    if (slot < 0) return fail(Errc::OverLimit, fmt::format("{} files are mapped at once; no more can be", kSlots));
    return slot;
}

void unwatch(int slot) noexcept {
    table.remove(slot);
}

std::uint64_t firstLostOffset(int slot) noexcept {
    return table.at(slot).known.firstLost.load(std::memory_order_acquire);
}

}  // namespace plimsoll::sigbus_guard
