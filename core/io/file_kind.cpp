// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/file_kind.h"

#include <array>

#include <sys/vfs.h>

namespace plimsoll {

namespace {

struct FileSystem {
    std::uint32_t magic;
    const char* name;
};

// f_type of statfs(2), from linux/magic.h where it has them, else from the file system's own source.
constexpr std::array kSlowFileSystems = {
    FileSystem{0x0000'6969, "NFS"},      FileSystem{0x0000'517B, "SMB"},  FileSystem{0xFF53'4D42, "CIFS"},
    FileSystem{0xFE53'4D42, "SMB"},      FileSystem{0x6573'5546, "FUSE"}, FileSystem{0x0BD0'0BD0, "Lustre"},
    FileSystem{0x4750'4653, "GPFS"},     FileSystem{0x00C3'6400, "Ceph"}, FileSystem{0x0102'1997, "9p"},
    FileSystem{0x5346'414F, "AFS"},      FileSystem{0x6B41'4653, "AFS"},  FileSystem{0x1983'0326, "BeeGFS"},
    FileSystem{0x2003'0528, "OrangeFS"}, FileSystem{0x7375'7245, "Coda"}, FileSystem{0x786F'4256, "vboxsf"},
};

}  // namespace

const char* slowFileSystem(int fd) noexcept {
    struct statfs status {};
    if (::fstatfs(fd, &status) != 0) return nullptr;
    for (const auto& system : kSlowFileSystems)
        if (static_cast<std::uint32_t>(status.f_type) == system.magic) return system.name;
    return nullptr;
}

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
