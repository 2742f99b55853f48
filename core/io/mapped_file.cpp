// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/mapped_file.h"

#include <cerrno>
#include <utility>

#include <sys/mman.h>
#include <sys/stat.h>

#include <fmt/format.h>

#include "io/file_kind.h"
#include "io/sigbus_guard.h"

namespace plimsoll {

Result<std::shared_ptr<const MappedFile>> MappedFile::open(const std::string& path) {
    TRY(auto file, InputFile::open(path));
    if (file.size() == 0)  // mmap takes no empty range
        return std::shared_ptr<const MappedFile>(new MappedFile(std::move(file), nullptr, -1));
    void* const mapping = ::mmap(nullptr, file.size(), PROT_READ, MAP_SHARED, file.descriptor(), 0);
    if (mapping == MAP_FAILED) return fail(ioError(path, errno));
    const auto* address = static_cast<const std::byte*>(mapping);
    auto slot = sigbus_guard::watch(address, file.size(), file.descriptor());
    if (!slot) {
        ::munmap(mapping, file.size());
        slot.error().path = path;
        return fail(std::move(slot.error()));
    }
    return std::shared_ptr<const MappedFile>(new MappedFile(std::move(file), address, *slot));
}

MappedFile::MappedFile(InputFile file, const std::byte* address, int guardSlot) noexcept
    : file_(std::move(file)), address_(address), guardSlot_(guardSlot) {}

MappedFile::~MappedFile() {
    if (address_ == nullptr) return;
    sigbus_guard::unwatch(guardSlot_);
    ::munmap(const_cast<std::byte*>(address_), file_.size());
}

std::span<const std::byte> MappedFile::bytes() const noexcept {
    return {address_, static_cast<std::size_t>(address_ == nullptr ? 0 : file_.size())};
}

Result<void> MappedFile::fault() const {
    if (address_ == nullptr) return {};
    const auto lost = sigbus_guard::firstLostOffset(guardSlot_);
    if (lost != kNoOffset)
        return fail(Error{Errc::Io, lost,
                          "lost bytes from here on while it was open: the file was cut short or its disk failed",
                          path()});
    // What a cut takes from the last page that is still there reads as zeros without a fault.
    struct stat status {};
    if (::fstat(file_.descriptor(), &status) != 0) return fail(ioError(path(), errno));
    const auto sizeNow = static_cast<std::uint64_t>(status.st_size);
    if (sizeNow < size())
        return fail(Error{Errc::Io, sizeNow,
                          fmt::format("the file was cut short while it was open (it had {} bytes)", size()), path()});
    return {};
}

}  // namespace plimsoll
