// SPDX-License-Identifier: GPL-3.0-or-later
#include "checkpoint/scratch_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <memory>
#include <utility>

#include <fmt/format.h>

namespace plimsoll {

Result<ScratchFile> ScratchFile::create(std::uint64_t bytes) {
    if (bytes == 0) return ScratchFile({});
    const auto failed = [bytes](int code) {
        return fail(Errc::Io, fmt::format("a temporary file of {} bytes cannot be made: {}", bytes, errnoText(code)));
    };
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::tmpfile(), &std::fclose);
    if (!file) return failed(errno);
    const int descriptor = fileno(file.get());
    // Reserved now: a full disk found later, through the mapping, would be a signal instead of an error.
    if (const int code = posix_fallocate(descriptor, 0, static_cast<off_t>(bytes)); code != 0) return failed(code);
    void* address = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    if (address == MAP_FAILED) return failed(errno);
    return ScratchFile({static_cast<std::byte*>(address), static_cast<std::size_t>(bytes)});
}

ScratchFile::ScratchFile(ScratchFile&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}

ScratchFile& ScratchFile::operator=(ScratchFile&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    return *this;
}

ScratchFile::~ScratchFile() {
    if (!bytes_.empty()) munmap(bytes_.data(), bytes_.size());
}

}  // namespace plimsoll
