// SPDX-License-Identifier: GPL-3.0-or-later
#include "convert/source_guard.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <fmt/format.h>
#include <xxhash.h>

#include "base/limits.h"
#include "io/output_sync.h"

namespace plimsoll {

namespace {

tl::unexpected<Error> changed(const std::string& path, std::string what) {
    return fail(Error{Errc::Corrupt, kNoOffset, std::move(what), path});
}

bool sameState(const struct stat& a, const struct stat& b) noexcept {
    return a.st_dev == b.st_dev && a.st_ino == b.st_ino && a.st_size == b.st_size && modifiedNs(a) == modifiedNs(b);
}

}  // namespace

Result<SourceGuard> SourceGuard::watch(const Checkpoint& source) {
    SourceGuard guard;
    for (const auto& file : source.files) {
        // A server's answers are compared with the first one as they are read.
        if (!file.mapping) continue;
        if (file.mapping->file().remote() != nullptr) {
            guard.remotes_.push_back(&file.mapping->file());
            continue;
        }
        struct stat status {};
        const InputFile& input = file.mapping->file();
        if (::fstat(input.descriptor(), &status) != 0)
            return fail(Error{Errc::Io, kNoOffset, errnoText(errno), file.path});
        if (static_cast<std::uint64_t>(status.st_size) != file.bytes)
            return changed(file.path, fmt::format("changed since it was opened: it has {} bytes, then it had {}",
                                                  status.st_size, file.bytes));
        if (modifiedNs(status) != input.modifiedNs())
            return changed(file.path, "changed since it was opened: it was written to");
        guard.files_.push_back({file.path, &input, status});
        guard.identities_.push_back({status.st_dev, status.st_ino});
        struct stat place {};
        if (::stat(directoryOf(file.path).c_str(), &place) == 0) {
            const FileIdentity identity{place.st_dev, place.st_ino};
            if (std::ranges::find(guard.places_, identity) == guard.places_.end()) guard.places_.push_back(identity);
        }
    }
    struct stat folder {};
    if (::stat(source.path.c_str(), &folder) == 0 && S_ISDIR(folder.st_mode))
        guard.folder_ = FileIdentity{folder.st_dev, folder.st_ino};
    struct stat index {};
    if (!source.indexPath.empty() && ::stat(source.indexPath.c_str(), &index) == 0)
        guard.identities_.push_back({index.st_dev, index.st_ino});
    return guard;
}

Result<std::vector<SourceState>> SourceGuard::states() const {
    constexpr std::uint64_t kEnd = limits::MiB;
    std::vector<SourceState> states;
    std::vector<std::byte> buffer;
    const auto addEnds = [&](const InputFile& file, SourceState& state) -> Result<void> {
        for (const auto offset : {std::uint64_t{0}, state.bytes - std::min(state.bytes, kEnd)}) {
            buffer.resize(static_cast<std::size_t>(std::min(state.bytes, kEnd)));
            TRY_VOID(file.readAt(offset, buffer));
            state.checksum = XXH3_64bits_withSeed(buffer.data(), buffer.size(), state.checksum);
        }
        return {};
    };
    for (const auto& file : files_) {
        SourceState state;
        state.path = file.path;
        state.bytes = static_cast<std::uint64_t>(file.status.st_size);
        state.mtimeNs = modifiedNs(file.status);
        state.inode = file.status.st_ino;
        TRY_VOID(addEnds(*file.file, state));
        states.push_back(std::move(state));
    }
    for (const auto* file : remotes_) {
        SourceState state;
        state.path = file->path();
        state.bytes = file->size();
        TRY_VOID(addEnds(*file, state));
        states.push_back(std::move(state));
    }
    return states;
}

Result<void> SourceGuard::check() const {
    for (const auto& file : files_) {
        struct stat now {};
        if (::fstat(file.file->descriptor(), &now) != 0)
            return fail(Error{Errc::Io, kNoOffset, errnoText(errno), file.path});
        if (!sameState(now, file.status)) return changed(file.path, "changed while being read");
        // Another file under the same name: what was read is the old one, which nobody may want any more.
        if (::stat(file.path.c_str(), &now) == 0 && !sameState(now, file.status))
            return changed(file.path, "was replaced while being read");
    }
    return {};
}

}  // namespace plimsoll
