// SPDX-License-Identifier: GPL-3.0-or-later
#include "memory/process_sampler.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <string>
#include <string_view>
#include <utility>

namespace plimsoll {

namespace {

std::string procPath(pid_t pid, std::string_view leaf) {
    return "/proc/" + std::to_string(pid) + "/" + std::string(leaf);
}

// "VmRSS:\t   1234 kB": the number in bytes.
std::uint64_t kibAfterColon(std::string_view line) {
    const auto digit = line.find_first_of("0123456789");
    std::uint64_t kib = 0;
    if (digit != std::string_view::npos) std::from_chars(line.data() + digit, line.data() + line.size(), kib);
    return kib * 1024;
}

struct Field {
    std::string_view key;
    std::uint64_t MemorySample::*member;
};

constexpr std::array<Field, 6> kFields = {{
    {"VmHWM:", &MemorySample::peakRss},
    {"VmRSS:", &MemorySample::rss},
    {"RssAnon:", &MemorySample::anon},
    {"RssFile:", &MemorySample::file},
    {"RssShmem:", &MemorySample::shmem},
    {"VmSwap:", &MemorySample::swap},
}};

// False where the text has no memory fields: a process that has exited keeps a status without them until it is reaped.
bool parseStatus(std::string_view text, MemorySample& sample) {
    bool hasRss = false;
    while (!text.empty()) {
        const auto end = text.find('\n');
        const std::string_view line = text.substr(0, end);
        for (const Field& field : kFields) {
            if (!line.starts_with(field.key)) continue;
            sample.*field.member = kibAfterColon(line.substr(field.key.size()));
            hasRss = hasRss || field.member == &MemorySample::rss;
        }
        if (end == std::string_view::npos) break;
        text.remove_prefix(end + 1);
    }
    return hasRss;
}

}  // namespace

Result<ProcessSampler> ProcessSampler::open(pid_t pid) {
    const std::string path = procPath(pid, "status");
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return fail(Errc::Io, "cannot read " + path + ": " + errnoText(errno));
    return ProcessSampler(pid, fd);
}

ProcessSampler::ProcessSampler(ProcessSampler&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)), fd_(std::exchange(other.fd_, -1)) {}

ProcessSampler& ProcessSampler::operator=(ProcessSampler&& other) noexcept {
    std::swap(pid_, other.pid_);
    std::swap(fd_, other.fd_);
    return *this;
}

ProcessSampler::~ProcessSampler() {
    if (fd_ >= 0) ::close(fd_);
}

Result<MemorySample> ProcessSampler::sample() const {
    std::array<char, 8192> buffer{};  // a status is about 1.5 KiB
    const ssize_t got = ::pread(fd_, buffer.data(), buffer.size(), 0);
    if (got < 0) return fail(Errc::Io, "cannot read " + procPath(pid_, "status") + ": " + errnoText(errno));
    MemorySample sample;
    if (!parseStatus({buffer.data(), static_cast<std::size_t>(got)}, sample))
        return fail(Errc::Io, "process " + std::to_string(pid_) + " has ended");
    return sample;
}

Result<void> ProcessSampler::resetPeak() const {
    const std::string path = procPath(pid_, "clear_refs");
    const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (fd < 0) return fail(Errc::Io, "cannot write " + path + ": " + errnoText(errno));
    const ssize_t put = ::write(fd, "5", 1);
    const int error = errno;
    ::close(fd);
    if (put != 1) return fail(Errc::Io, "cannot write " + path + ": " + errnoText(error));
    return {};
}

}  // namespace plimsoll
