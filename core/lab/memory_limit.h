// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace plimsoll {

// A control group (version 2) of our own with one process and a memory limit. Move-only; removed by the destructor, by
// then the process must have ended.
class CgroupLimit {
public:
    // Makes the group below the first of `parents` that permits it, and moves the process there.
    //   errors  Io, with what the last of them said
    [[nodiscard]] static Result<CgroupLimit> create(const std::vector<std::string>& parents, pid_t pid,
                                                    std::uint64_t bytes);
    CgroupLimit(CgroupLimit&& other) noexcept;
    CgroupLimit& operator=(CgroupLimit&& other) noexcept;
    CgroupLimit(const CgroupLimit&) = delete;
    CgroupLimit& operator=(const CgroupLimit&) = delete;
    ~CgroupLimit();

    // Whether the kernel has killed the process for this limit.
    [[nodiscard]] bool killed() const;
    [[nodiscard]] const std::string& folder() const noexcept { return folder_; }

private:
    explicit CgroupLimit(std::string folder) noexcept : folder_(std::move(folder)) {}
    std::string folder_;
};

// This process's own group and those above it, as folders; empty without cgroup v2.
[[nodiscard]] std::vector<std::string> cgroupParents();

// A limit on the memory of a process that runs already: by a control group where that is permitted, else by the
// process's RLIMIT_DATA, under which allocations fail.
class MemoryLimit {
public:
    // Lets the whole process hold `bytes` of anonymous memory, as predictions count it; `held` is what it holds now,
    // and stays outside of what is counted from here on.
    //   errors  Usage where it holds more already, Io where no limit can be set
    [[nodiscard]] static Result<MemoryLimit> apply(pid_t pid, std::uint64_t bytes, std::uint64_t held);

    [[nodiscard]] bool killed() const { return group_ && group_->killed(); }
    // How the limit is kept, in words.
    [[nodiscard]] const std::string& words() const noexcept { return words_; }

private:
    std::optional<CgroupLimit> group_;
    std::string words_;
};

}  // namespace plimsoll
