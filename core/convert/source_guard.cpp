// SPDX-License-Identifier: GPL-3.0-or-later
#include "convert/source_guard.h"

#include <cerrno>

#include <fmt/format.h>

namespace plimsoll {

namespace {

tl::unexpected<Error> changed(const std::string& path, std::string what) {
    return fail(Error{Errc::Corrupt, kNoOffset, std::move(what), path});
}

bool sameState(const struct stat& a, const struct stat& b) noexcept {
    return a.st_dev == b.st_dev && a.st_ino == b.st_ino && a.st_size == b.st_size &&
           a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
}

}  // namespace

Result<SourceGuard> SourceGuard::watch(const Checkpoint& source) {
    SourceGuard guard;
    for (const auto& file : source.files) {
        // A server's answers are compared with the first one as they are read.
        if (!file.mapping || file.mapping->file().remote() != nullptr) continue;
        struct stat status {};
        const int descriptor = file.mapping->file().descriptor();
        if (::fstat(descriptor, &status) != 0) return fail(Error{Errc::Io, kNoOffset, errnoText(errno), file.path});
        if (static_cast<std::uint64_t>(status.st_size) != file.bytes)
            return changed(file.path, fmt::format("changed since it was opened: it has {} bytes, then it had {}",
                                                  status.st_size, file.bytes));
        guard.files_.push_back({file.path, descriptor, status});
        guard.identities_.push_back({status.st_dev, status.st_ino});
    }
    struct stat index {};
    if (!source.indexPath.empty() && ::stat(source.indexPath.c_str(), &index) == 0)
        guard.identities_.push_back({index.st_dev, index.st_ino});
    return guard;
}

Result<void> SourceGuard::check() const {
    for (const auto& file : files_) {
        struct stat now {};
        if (::fstat(file.descriptor, &now) != 0) return fail(Error{Errc::Io, kNoOffset, errnoText(errno), file.path});
        if (!sameState(now, file.status)) return changed(file.path, "changed while being read");
        // Another file under the same name: what was read is the old one, which nobody may want any more.
        if (::stat(file.path.c_str(), &now) == 0 && !sameState(now, file.status))
            return changed(file.path, "was replaced while being read");
    }
    return {};
}

}  // namespace plimsoll
