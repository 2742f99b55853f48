// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/mapped_file.h"

#include <cerrno>
#include <utility>
#include <vector>

#include <sys/mman.h>
#include <sys/stat.h>

#include <fmt/format.h>

#include "io/file_kind.h"
#include "io/page_fault_guard.h"
#include "io/remote_file.h"
#include "io/sigbus_guard.h"

namespace plimsoll {

Result<std::shared_ptr<const MappedFile>> MappedFile::open(const std::string& path, const ReadOptions& options) {
    std::vector<std::byte> head;
    TRY(auto file, InputFile::open(path, options, &head));
    std::shared_ptr<MappedFile> mapped(new MappedFile(std::move(file)));
    const RemoteFile* const remote = mapped->file_.remote();
    const char* const slow = remote != nullptr ? nullptr : slowFileSystem(mapped->file_.descriptor());
    if (slow != nullptr && options.backing == Backing::Auto)
        mapped->note_ = fmt::format("on {}, so it is read by position and not mapped", slow);
    if (remote != nullptr && !remote->hasVersion())
        mapped->note_ =
            "the server names neither version nor date of the file: only a change of its size would be noticed";
    if (mapped->size() == 0) return mapped;  // mmap takes no empty range
    const bool paged =
        remote != nullptr || options.backing == Backing::Paged || (options.backing == Backing::Auto && slow != nullptr);
    auto backed = paged ? mapped->page(options.stop, head) : mapped->map();
    if (!backed) {
        backed.error().path = mapped->path();
        return fail(std::move(backed.error()));
    }
    return mapped;
}

MappedFile::MappedFile(InputFile file) noexcept : file_(std::move(file)) {}

Result<void> MappedFile::map() {
    void* const mapping = ::mmap(nullptr, size(), PROT_READ, MAP_SHARED, file_.descriptor(), 0);
    if (mapping == MAP_FAILED) return fail(ioError(path(), errno));
    const auto* address = static_cast<const std::byte*>(mapping);
    const auto slot = sigbus_guard::watch(address, size(), file_.descriptor());
    if (!slot) {
        ::munmap(mapping, size());
        return fail(slot.error());
    }
    address_ = address;
    guardSlot_ = *slot;
    return {};
}

Result<void> MappedFile::page(const std::stop_token& stop, std::span<const std::byte> head) {
    TRY(auto range, PagedRange::create(file_, stop));
    if (!head.empty()) range->seed(head);
    TRY(guardSlot_, page_fault_guard::watch(*range));
    address_ = range->address();
    paged_ = std::move(range);
    return {};
}

MappedFile::~MappedFile() {
    if (address_ == nullptr) return;
    if (paged_) {
        page_fault_guard::unwatch(guardSlot_);
    } else {
        sigbus_guard::unwatch(guardSlot_);
        ::munmap(const_cast<std::byte*>(address_), size());
    }
}

std::span<const std::byte> MappedFile::bytes() const noexcept {
    return {address_, static_cast<std::size_t>(address_ == nullptr ? 0 : size())};
}

Result<void> MappedFile::fault() const {
    if (address_ == nullptr) return {};
    if (paged_) {
        if (auto error = paged_->failure()) return fail(std::move(*error));
        return file_.remote() != nullptr ? Result<void>() : cutShort();
    }
    const auto lost = sigbus_guard::firstLostOffset(guardSlot_);
    if (lost != kNoOffset) {
        return fail(Error{Errc::Io, lost,
                          "lost bytes from here on while it was open: the file was cut short or its disk failed",
                          path()});
    }
    return cutShort();
}

// What a cut takes from the last page that is still there reads as zeros without a fault.
Result<void> MappedFile::cutShort() const {
    struct stat status {};
    if (::fstat(file_.descriptor(), &status) != 0) return fail(ioError(path(), errno));
    const auto sizeNow = static_cast<std::uint64_t>(status.st_size);
    if (sizeNow < size())
        return fail(Error{Errc::Io, sizeNow,
                          fmt::format("the file was cut short while it was open (it had {} bytes)", size()), path()});
    return {};
}

void MappedFile::forgetStop() const {
    if (paged_) paged_->forgetStop();
}

}  // namespace plimsoll
