// SPDX-License-Identifier: GPL-3.0-or-later
#include "lab/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <utility>

#include <fmt/format.h>

namespace plimsoll {

namespace {

struct Pipe {
    Fd readEnd;
    Fd writeEnd;
};

Result<Pipe> makePipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail(Errc::Io, "cannot make a pipe: " + errnoText(errno));
    return Pipe{Fd(ends[0]), Fd(ends[1])};
}

// posix_spawn and not fork: a window holds gigabytes of mappings, and fork would copy their page tables.
class SpawnSetup {
public:
    SpawnSetup() {
        posix_spawn_file_actions_init(&actions_);
        posix_spawnattr_init(&attributes_);
        sigset_t none;
        sigemptyset(&none);
        sigset_t defaults;
        sigemptyset(&defaults);
        for (const int signal : {SIGPIPE, SIGINT, SIGTERM, SIGBUS}) sigaddset(&defaults, signal);
        posix_spawnattr_setsigmask(&attributes_, &none);
        posix_spawnattr_setsigdefault(&attributes_, &defaults);
        posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    }
    SpawnSetup(const SpawnSetup&) = delete;
    SpawnSetup& operator=(const SpawnSetup&) = delete;
    ~SpawnSetup() {
        posix_spawn_file_actions_destroy(&actions_);
        posix_spawnattr_destroy(&attributes_);
    }

    void connect(int ours, int theirs) { posix_spawn_file_actions_adddup2(&actions_, ours, theirs); }
    void closeFrom(int fd) { posix_spawn_file_actions_addclosefrom_np(&actions_, fd); }

    [[nodiscard]] int run(pid_t& pid, const std::string& program, std::vector<char*>& argv) {
        return ::posix_spawn(&pid, program.c_str(), &actions_, &attributes_, argv.data(), environ);
    }

private:
    posix_spawn_file_actions_t actions_{};
    posix_spawnattr_t attributes_{};
};

// Appends what is there; closes the descriptor at its end.
void drain(Fd& fd, std::string& into) {
    std::array<char, 16384> buffer{};
    const ssize_t got = ::read(fd.get(), buffer.data(), buffer.size());
    if (got > 0)
        into.append(buffer.data(), static_cast<std::size_t>(got));
    else if (got == 0 || errno != EINTR)
        fd.close();
}

// A descriptor above the numbers that the child's own pipes get, so that connecting one cannot overwrite another.
Result<Fd> movedUp(const Fd& fd) {
    const int moved = ::fcntl(fd.get(), F_DUPFD_CLOEXEC, ChildProcess::kReportFd + 1);
    if (moved < 0) return fail(Errc::Io, "cannot make a pipe: " + errnoText(errno));
    return Fd(moved);
}

}  // namespace

Fd::Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

Fd& Fd::operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
}

Fd::~Fd() {
    close();
}

void Fd::close() noexcept {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

Result<ChildProcess> ChildProcess::start(const std::string& program, const std::vector<std::string>& arguments) {
    TRY(Pipe input, makePipe());
    TRY(Pipe report, makePipe());
    TRY(Pipe errors, makePipe());
    TRY(const Fd childInput, movedUp(input.readEnd));
    TRY(const Fd childReport, movedUp(report.writeEnd));
    TRY(const Fd childErrors, movedUp(errors.writeEnd));

    SpawnSetup setup;
    setup.connect(childInput.get(), STDIN_FILENO);
    setup.connect(childErrors.get(), STDOUT_FILENO);
    setup.connect(childErrors.get(), STDERR_FILENO);
    setup.connect(childReport.get(), kReportFd);
    setup.closeFrom(kReportFd + 1);

    std::vector<std::string> texts{program};
    texts.insert(texts.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv;
    argv.reserve(texts.size() + 1);
    for (std::string& text : texts) argv.push_back(text.data());
    argv.push_back(nullptr);

    pid_t pid = -1;
    if (const int error = setup.run(pid, program, argv); error != 0)
        return fail(Error{Errc::Io, kNoOffset, "cannot be started: " + errnoText(error), program});
    return ChildProcess(pid, std::move(input.writeEnd), std::move(report.readEnd), std::move(errors.readEnd));
}

ChildProcess::ChildProcess(pid_t pid, Fd input, Fd report, Fd errors) noexcept
    : pid_(pid), input_(std::move(input)), report_(std::move(report)), errors_(std::move(errors)) {}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      status_(std::exchange(other.status_, std::nullopt)),
      input_(std::move(other.input_)),
      report_(std::move(other.report_)),
      errors_(std::move(other.errors_)) {}

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
    std::swap(pid_, other.pid_);
    std::swap(status_, other.status_);
    std::swap(input_, other.input_);
    std::swap(report_, other.report_);
    std::swap(errors_, other.errors_);
    return *this;
}

ChildProcess::~ChildProcess() {
    if (pid_ < 0 || status_) return;
    kill();
    static_cast<void>(waitForEnd());
}

bool ChildProcess::readOutput(int milliseconds, std::string& report, std::string& errors) {
    std::array<pollfd, 2> waits = {{{report_.get(), POLLIN, 0}, {errors_.get(), POLLIN, 0}}};
    if (::poll(waits.data(), waits.size(), milliseconds) <= 0) return false;
    if (waits[0].revents != 0) drain(report_, report);
    if (waits[1].revents != 0) drain(errors_, errors);
    return true;
}

bool ChildProcess::writeInput(std::string_view text) noexcept {
    // A reader that has gone must cost this program an error and not its life.
    sigset_t pipeSignal;
    sigemptyset(&pipeSignal);
    sigaddset(&pipeSignal, SIGPIPE);
    sigset_t before;
    ::pthread_sigmask(SIG_BLOCK, &pipeSignal, &before);
    const bool written = ::write(input_.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
    if (!written) {
        const timespec now{};
        ::sigtimedwait(&pipeSignal, nullptr, &now);
    }
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return written;
}

void ChildProcess::kill() noexcept {
    if (pid_ > 0 && !status_) ::kill(pid_, SIGKILL);
}

std::optional<int> ChildProcess::reapIfEnded() noexcept {
    int status = 0;
    if (!status_ && ::waitpid(pid_, &status, WNOHANG) == pid_) status_ = status;
    return status_;
}

int ChildProcess::waitForEnd() noexcept {
    int status = 0;
    while (!status_) {
        const pid_t ended = ::waitpid(pid_, &status, 0);
        if (ended == pid_ || errno != EINTR) status_ = status;
    }
    return *status_;
}

std::string describeEnd(int waitStatus) {
    if (WIFEXITED(waitStatus)) return fmt::format("exited with status {}", WEXITSTATUS(waitStatus));
    const int signal = WTERMSIG(waitStatus);
    const char* name = ::sigabbrev_np(signal);
    const char* words = ::sigdescr_np(signal);
    if (name == nullptr || words == nullptr) return fmt::format("was killed by signal {}", signal);
    return fmt::format("was killed by SIG{} ({})", name, words);
}

std::optional<std::uint64_t> outOfMemoryKills() {
    const Fd fd(::open("/proc/vmstat", O_RDONLY | O_CLOEXEC));
    std::string text;
    std::array<char, 4096> buffer{};
    for (ssize_t got = 1; fd.get() >= 0 && got > 0;) {
        got = ::read(fd.get(), buffer.data(), buffer.size());
        if (got > 0) text.append(buffer.data(), static_cast<std::size_t>(got));
    }
    constexpr std::string_view kKey = "\noom_kill ";
    const auto at = text.find(kKey);
    if (at == std::string::npos) return std::nullopt;
    std::uint64_t kills = 0;
    std::from_chars(text.data() + at + kKey.size(), text.data() + text.size(), kills);
    return kills;
}

}  // namespace plimsoll
