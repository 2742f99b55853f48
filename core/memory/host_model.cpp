// SPDX-License-Identifier: GPL-3.0-or-later
#include "memory/host_model.h"

#include <algorithm>

#include "memory/saturating.h"

namespace plimsoll {

namespace {

constexpr std::uint64_t kPage = 4096;
constexpr std::uint64_t kAlignment = 64;  // torch's, for tensors on the host
constexpr std::uint64_t kHeader = 16;

}  // namespace

HostModel::Request HostModel::allocate(std::uint64_t bytes) const noexcept {
    if (bytes == 0) return {};
    const bool pages = bytes >= kOwnPagesBytes - kAlignment;
    return {saturating::roundUp(saturating::add(bytes, kAlignment + kHeader), pages ? kPage : kHeader), pages};
}

void HostModel::touch(const Request& request) noexcept {
    auto& held = request.pages ? pages_ : heap_;
    held = saturating::add(held, request.bytes);
    heapTop_ = std::max(heapTop_, heap_);
    peak_ = std::max(peak_, saturating::add(pages_, heapTop_));
}

void HostModel::release(const Request& request) noexcept {
    (request.pages ? pages_ : heap_) -= request.bytes;
}

}  // namespace plimsoll
