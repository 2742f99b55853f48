// SPDX-License-Identifier: GPL-3.0-or-later
#include "lab/memory_limit.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/glob.h"

namespace plimsoll {

namespace {

namespace fs = std::filesystem;

Result<void> writeText(const std::string& path, const std::string& text) {
    const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (fd < 0) return fail(Error{Errc::Io, kNoOffset, errnoText(errno), path});
    const ssize_t put = ::write(fd, text.data(), text.size());
    const int error = errno;
    ::close(fd);
    if (put != static_cast<ssize_t>(text.size())) return fail(Error{Errc::Io, kNoOffset, errnoText(error), path});
    return {};
}

// The number after a key in a file of "key number" lines.
std::optional<std::uint64_t> numberAfter(const std::string& path, std::string_view key) {
    std::ifstream file(path);
    std::string word;
    for (std::string line; std::getline(file, line);) {
        std::istringstream words(line);
        std::uint64_t number = 0;
        if (words >> word >> number && word == key) return number;
    }
    return std::nullopt;
}

Result<void> limitGroup(const std::string& folder, pid_t pid, std::uint64_t bytes) {
    TRY_VOID(writeText(folder + "/memory.max", std::to_string(bytes)));
    // Without it the group would swap instead of showing that it does not fit; kernels without swap have no such file.
    static_cast<void>(writeText(folder + "/memory.swap.max", "0"));
    return writeText(folder + "/cgroup.procs", std::to_string(pid));
}

Result<void> limitData(pid_t pid, std::uint64_t more) {
    const auto kib = numberAfter("/proc/" + std::to_string(pid) + "/status", "VmData:");
    if (!kib) return fail(Errc::Io, "cannot read the data size of the load program");
    const rlim_t limit = *kib * 1024 + more;
    const rlimit both{limit, limit};
    if (::prlimit(pid, RLIMIT_DATA, &both, nullptr) != 0)
        return fail(Errc::Io, "cannot limit the load program's memory: " + errnoText(errno));
    return {};
}

}  // namespace

Result<CgroupLimit> CgroupLimit::create(const std::vector<std::string>& parents, pid_t pid, std::uint64_t bytes) {
    Error last{Errc::Io, kNoOffset, "there is no control group (version 2) here", {}};
    for (const std::string& parent : parents) {
        std::string folder = fmt::format("{}/plimsoll-{}", parent, pid);
        std::error_code error;
        if (!fs::create_directory(folder, error)) {
            last = {Errc::Io, kNoOffset, error ? error.message() : "exists already", folder};
            continue;
        }
        CgroupLimit group(std::move(folder));  // takes it away again where it cannot be used
        const auto limited = limitGroup(group.folder_, pid, bytes);
        if (limited) return group;
        last = limited.error();
    }
    return fail(std::move(last));
}

CgroupLimit::CgroupLimit(CgroupLimit&& other) noexcept : folder_(std::exchange(other.folder_, {})) {}

CgroupLimit& CgroupLimit::operator=(CgroupLimit&& other) noexcept {
    std::swap(folder_, other.folder_);
    return *this;
}

CgroupLimit::~CgroupLimit() {
    if (!folder_.empty()) ::rmdir(folder_.c_str());
}

bool CgroupLimit::killed() const {
    return numberAfter(folder_ + "/memory.events", "oom_kill").value_or(0) > 0;
}

std::vector<std::string> cgroupParents() {
    std::string mount;
    std::ifstream mounts("/proc/self/mounts");
    std::string device, path, kind, rest;
    while (mounts >> device >> path >> kind && std::getline(mounts, rest))
        if (kind == "cgroup2") mount = path;
    std::string own;
    std::ifstream groups("/proc/self/cgroup");
    for (std::string line; std::getline(groups, line);)
        if (line.starts_with("0::")) own = line.substr(3);
    if (mount.empty() || own.empty()) return {};
    std::vector<std::string> parents;
    for (fs::path at = own; at.has_relative_path(); at = at.parent_path()) parents.push_back(mount + at.string());
    parents.push_back(mount);
    return parents;
}

Result<MemoryLimit> MemoryLimit::apply(pid_t pid, std::uint64_t bytes, std::uint64_t held) {
    if (bytes <= held) {
        return fail(Errc::Usage, fmt::format("the limit of {} is below the {} that the load program holds before it "
                                             "loads anything",
                                             formatByteSize(bytes), formatByteSize(held)));
    }
    MemoryLimit limit;
    if (auto group = CgroupLimit::create(cgroupParents(), pid, bytes - held)) {
        limit.group_ = std::move(*group);
        limit.words_ = fmt::format("limited to {} by a control group of its own", formatByteSize(bytes));
        return limit;
    }
    TRY_VOID(limitData(pid, bytes - held));
    limit.words_ = fmt::format("limited to {} by RLIMIT_DATA: allocations beyond it fail", formatByteSize(bytes));
    return limit;
}

}  // namespace plimsoll
