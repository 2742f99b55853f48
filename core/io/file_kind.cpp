// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/file_kind.h"

namespace plimsoll {

const char* unusualKind(mode_t mode) noexcept {
    switch (mode & S_IFMT) {
        case S_IFREG:
            return nullptr;
        case S_IFDIR:
            return "a directory";
        case S_IFIFO:
            return "a FIFO";
        case S_IFSOCK:
            return "a socket";
        case S_IFCHR:
            return "a character device";
        case S_IFBLK:
            return "a block device";
        case S_IFLNK:
            return "a symbolic link";
        default:
            return "something unknown";
    }
}

Error ioError(const std::string& path, int errnoValue, std::uint64_t offset) {
    return Error{Errc::Io, offset, errnoText(errnoValue), path};
}

}  // namespace plimsoll
