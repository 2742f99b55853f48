// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/sigbus_guard.h"

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <mutex>

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

namespace plimsoll::sigbus_guard {

namespace {

// `end` is written last on watch and cleared first on unwatch, so that a reader that sees the same `end` before and
// after it read `begin` has a pair that belongs together.
struct Slot {
    std::atomic<std::uintptr_t> begin{0};
    std::atomic<std::uintptr_t> end{0};
    std::atomic<std::uint64_t> firstLost{kNoOffset};
    std::atomic<int> fd{-1};
    int nextFree = -1;  // under tableMutex
};
static_assert(std::atomic<std::uintptr_t>::is_always_lock_free && std::atomic<std::uint64_t>::is_always_lock_free &&
                  std::atomic<int>::is_always_lock_free,
              "a signal handler reads these");

std::array<Slot, kSlots> slots;
std::atomic<int> slotsInUse{0};  // slots at and above this one were never taken
std::atomic<std::uintptr_t> pageBytes{0};
struct sigaction previousAction;

std::mutex tableMutex;  // watch and unwatch; the handler takes no lock
int firstFree = -1;     // chain of slots below slotsInUse that were given back

Slot* slotOf(std::uintptr_t address) noexcept {
    const int count = slotsInUse.load(std::memory_order_acquire);
    for (int i = 0; i < count; ++i) {
        Slot& slot = slots[static_cast<std::size_t>(i)];
        const auto end = slot.end.load(std::memory_order_acquire);
        const auto begin = slot.begin.load(std::memory_order_acquire);
        if (address >= begin && address < end && slot.end.load(std::memory_order_acquire) == end) return &slot;
    }
    return nullptr;
}

// Puts zeros where the file has lost bytes. True where the faulting read can go on.
bool patch(std::uintptr_t address) noexcept {
    Slot* slot = slotOf(address);
    if (slot == nullptr) return false;
    const auto page = address & ~(pageBytes.load(std::memory_order_relaxed) - 1);
    const std::uint64_t offset = page - slot->begin.load(std::memory_order_relaxed);
    // A file that was cut short has lost everything from here on: one patch for all of it, because each one splits
    // the mapping and the kernel allows some 65,000 pieces. A failing disk loses single pages.
    std::uintptr_t patchBytes = pageBytes.load(std::memory_order_relaxed);
    struct stat status {};
    if (::fstat(slot->fd.load(std::memory_order_relaxed), &status) == 0 &&
        static_cast<std::uint64_t>(status.st_size) <= offset)
        patchBytes = slot->end.load(std::memory_order_relaxed) - page;
    void* const target = reinterpret_cast<void*>(page);  // NOLINT(performance-no-int-to-ptr)
    if (::mmap(target, patchBytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
        return false;
    std::uint64_t known = slot->firstLost.load(std::memory_order_relaxed);
    while (offset < known && !slot->firstLost.compare_exchange_weak(known, offset, std::memory_order_release)) {
    }
    return true;
}

void passOn(int signal, siginfo_t* info, void* context) {
    if ((previousAction.sa_flags & SA_SIGINFO) != 0) {
        previousAction.sa_sigaction(signal, info, context);
    } else if (previousAction.sa_handler == SIG_IGN && info->si_code <= 0) {
        // Sent by a program and ignored before: still ignored.
    } else if (previousAction.sa_handler != SIG_DFL && previousAction.sa_handler != SIG_IGN) {
        previousAction.sa_handler(signal);
    } else {
        struct sigaction defaultAction {};
        defaultAction.sa_handler = SIG_DFL;
        ::sigaction(signal, &defaultAction, nullptr);
        ::raise(signal);  // delivered when this handler returns
    }
}

void onSigbus(int signal, siginfo_t* info, void* context) {
    const int savedErrno = errno;
    const bool lostPage = info->si_code == BUS_ADRERR || info->si_code == BUS_MCEERR_AR;
    if (!lostPage || !patch(reinterpret_cast<std::uintptr_t>(info->si_addr))) passOn(signal, info, context);
    errno = savedErrno;
}

int installHandler() noexcept {
    pageBytes = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    struct sigaction action {};
    action.sa_sigaction = onSigbus;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    // Asked for first, so that a fault between the two calls finds it.
    if (::sigaction(SIGBUS, nullptr, &previousAction) != 0) return errno;
    return ::sigaction(SIGBUS, &action, nullptr) == 0 ? 0 : errno;
}

}  // namespace

Result<int> watch(const std::byte* address, std::uint64_t bytes, int fd) {
    static const int installError = installHandler();
    if (installError != 0) return fail(Errc::Io, "cannot guard a mapping: " + errnoText(installError));
    const std::lock_guard lock(tableMutex);
    int index = slotsInUse.load(std::memory_order_relaxed);
    if (firstFree >= 0) {
        index = firstFree;
        firstFree = slots[static_cast<std::size_t>(index)].nextFree;
    } else if (index == kSlots) {
        return fail(Errc::OverLimit, fmt::format("{} files are mapped at once; no more can be", kSlots));
    } else {
        slotsInUse.store(index + 1, std::memory_order_release);
    }
    Slot& slot = slots[static_cast<std::size_t>(index)];
    const auto begin = reinterpret_cast<std::uintptr_t>(address);
    const auto page = pageBytes.load(std::memory_order_relaxed);
    slot.firstLost.store(kNoOffset, std::memory_order_relaxed);
    slot.fd.store(fd, std::memory_order_relaxed);
    slot.begin.store(begin, std::memory_order_release);
    slot.end.store((begin + bytes + page - 1) & ~(page - 1), std::memory_order_release);
    return index;
}

void unwatch(int index) noexcept {
    const std::lock_guard lock(tableMutex);
    Slot& slot = slots[static_cast<std::size_t>(index)];
    slot.end.store(0, std::memory_order_release);
    slot.begin.store(0, std::memory_order_release);
    slot.fd.store(-1, std::memory_order_relaxed);
    slot.nextFree = firstFree;
    firstFree = index;
}

std::uint64_t firstLostOffset(int index) noexcept {
    return slots[static_cast<std::size_t>(index)].firstLost.load(std::memory_order_acquire);
}

}  // namespace plimsoll::sigbus_guard
