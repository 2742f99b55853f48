// SPDX-License-Identifier: GPL-3.0-or-later
// plimsoll-loader: runs one load strategy in a process of its own and reports on a pipe (core/lab/protocol.h).
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <string>
#include <string_view>
#include <thread>

#include <CLI/CLI.hpp>

#include "base/result.h"
#include "io/process_setup.h"
#include "lab/protocol.h"
#include "load/session.h"
#include "memory/host_model.h"

namespace {

using namespace plimsoll;

class ReportPipe {
public:
    explicit ReportPipe(int fd) : fd_(fd) {}

    // False where nobody reads any more.
    bool send(std::string_view text) const {
        while (!text.empty()) {
            const ssize_t put = ::write(fd_, text.data(), text.size());
            if (put < 0 && errno == EINTR) continue;
            if (put < 0) return false;
            text.remove_prefix(static_cast<std::size_t>(put));
        }
        return true;
    }
    void operator()(const protocol::Event& event) const { send(protocol::formatEvent(event)); }

private:
    int fd_;
};

bool readGo() {
    std::string line;
    while (!line.ends_with('\n')) {
        char c = 0;
        if (::read(STDIN_FILENO, &c, 1) != 1) return false;
        line += c;
    }
    return line == protocol::kGo;
}

// Ends the process, with the status of that moment, when stdin ends: the supervisor has gone or has heard enough.
void exitWhenInputEnds(const std::atomic<int>& status) {
    std::array<char, 64> ignored{};
    for (ssize_t got = 1; got > 0 || (got < 0 && errno == EINTR);)
        got = ::read(STDIN_FILENO, ignored.data(), ignored.size());
    ::_exit(status);
}

// Of every thread from here on; a CUDA driver's own are there by then, and keep what they asked for. The 8 MiB of most
// systems are never used, but count in full against a limit on the process's data (RLIMIT_DATA): those of a few dozen
// threads as much as a small model. Windows gives threads as little.
void useSmallStacks() {
    constexpr std::size_t kStackBytes = std::size_t{1} << 20U;
    pthread_attr_t attributes;
    if (::pthread_getattr_default_np(&attributes) != 0) return;
    if (::pthread_attr_setstacksize(&attributes, kStackBytes) == 0) ::pthread_setattr_default_np(&attributes);
    ::pthread_attr_destroy(&attributes);
}

int runRequest(const session::Request& request, const ReportPipe& pipe) {
    const auto notes = session::prepare(request);
    if (!notes) {
        pipe(protocol::Failed{notes.error().what, notes.error().code == Errc::OverLimit});
        return notes.error().code == Errc::Usage ? protocol::kUsage : protocol::kFailed;
    }
    useSmallStacks();
    pipe(protocol::Ready{protocol::kVersion, *notes});
    if (!readGo()) return protocol::kFailed;

    std::atomic<int> status = protocol::kFailed;
    std::jthread watcher([&status] { exitWhenInputEnds(status); });
    session::Outcome outcome = session::run(request, pipe);
    if (outcome.done) {
        status = protocol::kDone;
        pipe(*outcome.done);
    } else {
        status = outcome.outOfMemory ? protocol::kOutOfMemory : protocol::kFailed;
        pipe(protocol::Failed{outcome.error, outcome.outOfMemory, outcome.device});
    }
    watcher.join();  // it ends the process
    return status;
}

}  // namespace

int main(int argc, char** argv) {
    // A loader without a supervisor would load for nobody.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    prepareProcess();
    ::mallopt(M_MMAP_THRESHOLD, static_cast<int>(kOwnPagesBytes));

    CLI::App app("Runs one load strategy and reports on a pipe; started by plimsoll and plimsoll-cli",
                 "plimsoll-loader");
    session::Request request;
    bool probe = false;
    int reportFd = STDOUT_FILENO;
    app.add_flag("--probe", probe, "Print what this build can do, as one JSON object");
    app.add_option("--path", request.path, "Checkpoint");
    app.add_option("--strategy", request.strategy, "Load strategy");
    app.add_option("--device", request.device, "cpu or cuda:N");
    app.add_option("--dtype", request.dtype, "Cast floating-point tensors to this type, where the strategy casts");
    app.add_option("--tensor-files", request.tensorFiles, "Directory with one file per tensor, for per-tensor");
    app.add_option("--device-limit", request.deviceLimit, "Bytes of the device that may be used");
    app.add_option("--report-fd", reportFd, "Descriptor to report on; stdout by default");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? protocol::kDone : protocol::kUsage;
    }
    const ReportPipe pipe(reportFd);
    if (probe) return pipe.send(protocol::formatProbe(session::probe())) ? protocol::kDone : protocol::kFailed;
    return runRequest(request, pipe);
}
