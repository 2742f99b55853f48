// SPDX-License-Identifier: GPL-3.0-or-later
#include "mpi_team.h"

#include <dlfcn.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <limits>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "mpi/bridge.h"

namespace plimsoll::cli {

namespace {

// What the launchers of Open MPI, MPICH and their kin, and Slurm tell the processes that they start.
bool startedByMpi() {
    constexpr std::array kVariables{"OMPI_COMM_WORLD_SIZE", "PMI_RANK", "PMI_SIZE", "PMIX_RANK"};
    return std::ranges::any_of(kVariables, [](const char* name) { return std::getenv(name) != nullptr; });
}

class MpiTeam final : public Team {
public:
    explicit MpiTeam(const PlimsollMpi& mpi) : mpi_(mpi) {}
    MpiTeam(const MpiTeam&) = delete;
    MpiTeam& operator=(const MpiTeam&) = delete;
    ~MpiTeam() override {
        if (size_ != 0) mpi_.leave(std::uncaught_exceptions() > 0 ? 1 : 0);
    }

    Result<void> join() { return checked(mpi_.join(&rank_, &size_)); }

    [[nodiscard]] unsigned rank() const noexcept override { return rank_; }
    [[nodiscard]] unsigned size() const noexcept override { return size_; }
    [[nodiscard]] Result<std::vector<Message>> all(const Message& mine) override { return tell(mine, true); }
    [[nodiscard]] Result<std::vector<Message>> atLeader(const Message& mine) override { return tell(mine, false); }

private:
    Result<void> checked(int error) const {
        if (error == 0) return {};
        std::array<char, 512> text{};
        mpi_.describe(error, text.data(), text.size());
        return fail(Errc::Io, std::string("MPI: ") + text.data());
    }

    Result<std::vector<Message>> tell(const Message& mine, bool everyone) const {
        std::vector<std::uint64_t> sizes(size_);
        TRY_VOID(checked(mpi_.tellSizes(mine.size(), sizes.data())));
        const auto total = std::accumulate(sizes.begin(), sizes.end(), std::uint64_t{0});
        if (total > static_cast<std::uint64_t>(std::numeric_limits<int>::max()))
            return fail(Errc::OverLimit, "the ranks have more to tell than one message of MPI holds");
        const bool hears = everyone || rank_ == 0;
        Message joined(hears ? static_cast<std::size_t>(total) : 0);
        TRY_VOID(checked(mpi_.tell(mine.data(), sizes.data(), joined.data(), everyone ? 1 : 0)));
        std::vector<Message> messages;
        if (!hears) return messages;
        auto at = joined.cbegin();
        for (const auto size : sizes) {
            const auto end = at + static_cast<std::ptrdiff_t>(size);
            messages.emplace_back(at, end);
            at = end;
        }
        return messages;
    }

    const PlimsollMpi& mpi_;
    unsigned rank_ = 0;
    unsigned size_ = 0;
};

// MPI's own parts look for its symbols among all that are loaded. Stays loaded: it leaves threads and handlers behind.
Result<const PlimsollMpi*> loadBridge() {
    std::error_code error;
    const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
    const auto here = self.parent_path();
    std::string why;
    for (const auto& place : {here / "plimsoll-mpi.so", here.parent_path() / "lib" / "plimsoll" / "plimsoll-mpi.so"}) {
        if (!std::filesystem::exists(place, error)) continue;
        void* const library = ::dlopen(place.c_str(), RTLD_NOW | RTLD_GLOBAL);
        if (library == nullptr) {
            why = ::dlerror();
            continue;
        }
        if (const auto functions = reinterpret_cast<decltype(&plimsollMpi)>(::dlsym(library, "plimsollMpi")))
            return functions();
    }
    if (why.empty()) why = "install the package plimsoll-mpi, or libopenmpi-dev and build again";
    return fail(Errc::Unsupported, "was started as a rank of an MPI job and has no MPI: " + why);
}

}  // namespace

Result<std::unique_ptr<Team>> joinTeam() {
    if (!startedByMpi()) return std::make_unique<Alone>();
    TRY(const auto* const bridge, loadBridge());
    auto team = std::make_unique<MpiTeam>(*bridge);
    TRY_VOID(team->join());
    return team;
}

}  // namespace plimsoll::cli
