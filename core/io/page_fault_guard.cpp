// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/page_fault_guard.h"

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <fmt/format.h>

#include "io/address_table.h"
#include "io/signal_chain.h"

namespace plimsoll::page_fault_guard {

namespace {

// What a touching thread waits for; on its stack. The pipe carries its address.
struct Touch {
    enum State : std::uint32_t { kWaiting, kProvided, kFailed };
    PagedRange* range;
    std::uint64_t offset;
    std::atomic<std::uint32_t> state{kWaiting};

    void wait() noexcept {
        while (state.load(std::memory_order_acquire) == kWaiting)
            ::syscall(SYS_futex, &state, FUTEX_WAIT_PRIVATE, std::uint32_t{kWaiting}, nullptr, nullptr, 0);
    }
    void finish(bool provided) noexcept {
        state.store(provided ? kProvided : kFailed, std::memory_order_release);
        // The waiting thread may be gone by now: then nobody waits at this address, which is all that the call needs.
        ::syscall(SYS_futex, &state, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
    }
};
static_assert(sizeof(std::atomic<std::uint32_t>) == sizeof(std::uint32_t));

struct Watched {
    std::atomic<PagedRange*> range{nullptr};
    std::atomic<int> pipe{-1};  // of the providers, to write to
};
static_assert(std::atomic<PagedRange*>::is_always_lock_free && std::atomic<int>::is_always_lock_free,
              "a signal handler reads these");

// The threads that read what others touch. Several, so that a server that does not answer holds up only its own files.
class Providers {
public:
    static Result<std::shared_ptr<Providers>> shared() {
        static std::mutex mutex;
        static std::weak_ptr<Providers> running;
        const std::lock_guard lock(mutex);
        if (auto there = running.lock()) return there;
        std::shared_ptr<Providers> fresh(new Providers);
        TRY_VOID(fresh->start());
        running = fresh;
        return fresh;
    }
    Providers(const Providers&) = delete;
    Providers& operator=(const Providers&) = delete;
    ~Providers() {
        if (writeEnd_ >= 0) ::close(writeEnd_);  // the threads read the pipe's end
        for (auto& thread : threads_)
            if (thread.joinable()) thread.join();
        if (readEnd_ >= 0) ::close(readEnd_);
    }

    [[nodiscard]] int writeEnd() const noexcept { return writeEnd_; }

private:
    Providers() = default;

    Result<void> start() {
        std::array<int, 2> ends{};
        if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail(Errc::Io, "no pipe: " + errnoText(errno));
        readEnd_ = ends[0];
        writeEnd_ = ends[1];
        // The program's own threads are those that handle its signals.
        sigset_t all{};
        sigset_t before{};
        sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before);
        Result<void> started;
        try {
            for (auto& thread : threads_) thread = std::thread([fd = readEnd_] { run(fd); });
        } catch (const std::system_error& error) {
            started = fail(Errc::Io, std::string("no thread: ") + error.what());
        }
        ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
        return started;
    }

    static void run(int fd) noexcept {
        Touch* touch = nullptr;
        for (;;) {
            const ssize_t got = ::read(fd, &touch, sizeof touch);
            if (got < 0 && errno == EINTR) continue;
            if (got != static_cast<ssize_t>(sizeof touch)) return;
            touch->finish(touch->range->provide(touch->offset));
        }
    }

    int readEnd_ = -1;
    int writeEnd_ = -1;
    std::array<std::thread, 4> threads_;
};

AddressTable<Watched, kSlots> table;
SignalChain chain;

// By slot; under mutex. Keeps the threads while there is a range.
std::mutex providersMutex;
std::array<std::shared_ptr<Providers>, kSlots>& providersOfSlots() {
    static std::array<std::shared_ptr<Providers>, kSlots> providers;
    return providers;
}

// A write to a page that is there to be read would fault again and again.
bool isWrite([[maybe_unused]] const void* context) noexcept {
#if defined(__x86_64__)
    constexpr greg_t kWriteBit = 2;
    return (static_cast<const ucontext_t*>(context)->uc_mcontext.gregs[REG_ERR] & kWriteBit) != 0;
#else
    return false;
#endif
}

bool waitForPage(std::uintptr_t address) noexcept {
    auto* const slot = table.find(address);
    if (slot == nullptr) return false;
    Touch touch{slot->known.range.load(std::memory_order_acquire),
                address - slot->begin.load(std::memory_order_acquire)};
    const Touch* const message = &touch;
    const int pipe = slot->known.pipe.load(std::memory_order_acquire);
    ssize_t written = -1;
    do written = ::write(pipe, static_cast<const void*>(&message), sizeof message);
    while (written < 0 && errno == EINTR);
    if (written != static_cast<ssize_t>(sizeof message)) return false;
    touch.wait();
    return touch.state.load(std::memory_order_acquire) == Touch::kProvided;
}

void onSigsegv(int signal, siginfo_t* info, void* context) {
    const int savedErrno = errno;
    const bool absent = info->si_code == SEGV_ACCERR || info->si_code == SEGV_MAPERR;
    if (!absent || isWrite(context) || !waitForPage(reinterpret_cast<std::uintptr_t>(info->si_addr)))
        chain.passOn(signal, info, context);
    errno = savedErrno;
}

}  // namespace

Result<int> watch(PagedRange& range) {
    static const int installError = chain.install(SIGSEGV, onSigsegv);
    if (installError != 0) return fail(Errc::Io, "cannot watch a file's pages: " + errnoText(installError));
    TRY(auto providers, Providers::shared());
    const auto begin = reinterpret_cast<std::uintptr_t>(range.address());
    const int slot = table.add(begin, begin + range.reservedBytes(), [&](Watched& watched) {
        watched.range.store(&range, std::memory_order_relaxed);
        watched.pipe.store(providers->writeEnd(), std::memory_order_relaxed);
    });
    if (slot < 0) return fail(Errc::OverLimit, fmt::format("{} files are open at once; no more can be", kSlots));
    const std::lock_guard lock(providersMutex);
    providersOfSlots()[static_cast<std::size_t>(slot)] = std::move(providers);
    return slot;
}

void unwatch(int slot) noexcept {
    std::shared_ptr<Providers> last;
    {
        const std::lock_guard lock(providersMutex);
        last = std::move(providersOfSlots()[static_cast<std::size_t>(slot)]);
    }
    table.remove(slot);
}

}  // namespace plimsoll::page_fault_guard
