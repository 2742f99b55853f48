// SPDX-License-Identifier: GPL-3.0-or-later
#include "lab/loader_program.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "lab/child_process.h"
#include "lab/protocol.h"
#include "lab/supervisor.h"

namespace plimsoll {

namespace {

constexpr std::uint64_t kProbeNs = 60'000'000'000;  // LibTorch on a cold, slow disk takes tens of seconds
constexpr int kProbeStepMs = 20;

// What --probe answered; the error says how it went wrong instead.
Result<std::string> askLoader(const std::string& program) {
    TRY(ChildProcess child,
        ChildProcess::start(program, {"--probe", "--report-fd", std::to_string(ChildProcess::kReportFd)}));
    const std::uint64_t deadline = protocol::nowNs() + kProbeNs;
    std::string answer;
    std::string errors;
    std::optional<int> ended;
    while (!ended) {
        child.readOutput(kProbeStepMs, answer, errors);
        if (answer.size() > protocol::kMaxLineBytes || errors.size() > protocol::kMaxLineBytes)
            return fail(Errc::Corrupt, program + " does not stop talking when asked what it can do");
        if (protocol::nowNs() > deadline) return fail(Errc::Io, program + " gave no answer within a minute");
        ended = child.reapIfEnded();
    }
    while (child.readOutput(0, answer, errors)) {
    }
    if (!WIFEXITED(*ended) || WEXITSTATUS(*ended) != 0)
        return fail(Errc::Io, program + " " + describeEnd(*ended) + (errors.empty() ? "" : ": " + errors));
    return answer;
}

}  // namespace

Result<std::string> findLoader() {
    if (const char* named = std::getenv("PLIMSOLL_LOADER"); named != nullptr && *named != '\0') return {named};
    std::error_code error;
    const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
    if (error) return fail(Errc::Io, "cannot tell where this program lies: " + error.message());
    const auto beside = self.parent_path();
    const auto installed = beside.parent_path() / "lib" / "plimsoll";
    for (const auto& folder : {beside, installed}) {
        std::string program = (folder / "plimsoll-loader").string();
        if (::access(program.c_str(), X_OK) == 0) return program;
    }
    return fail(Errc::Io, "load tests need the program plimsoll-loader, and there is none in " + beside.string() +
                              " or " + installed.string() +
                              ": install the package plimsoll-loader; in a build tree packaging/setup.sh installs "
                              "LibTorch (the torch wheel), then build again");
}

LoaderStatus probeLoader() {
    LoaderStatus status;
    const auto program = findLoader();
    if (!program) {
        status.problem = program.error().what;
        return status;
    }
    status.program = *program;
    const auto probe = askLoader(*program).and_then([](const std::string& text) { return protocol::parseProbe(text); });
    if (!probe) {
        status.problem = probe.error().what;
        return status;
    }
    status.torch = probe->torch;
    status.devices = probe->devices;
    status.deviceBytes = probe->deviceBytes;
    status.noCuda = probe->noCuda;
    return status;
}

std::string noSuchDevice(std::string_view device, const std::vector<std::string>& devices, std::string_view noCuda) {
    std::string text = fmt::format("there is no device '{}' here (found: {})", device, fmt::join(devices, ", "));
    if (device.starts_with("cuda") && !noCuda.empty()) text += fmt::format(": {}", noCuda);
    return text;
}

}  // namespace plimsoll
