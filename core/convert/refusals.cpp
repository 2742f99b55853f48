// SPDX-License-Identifier: GPL-3.0-or-later
#include "convert/refusals.h"

#include <utility>

#include <fmt/format.h>

namespace plimsoll {

Result<void> Refusals::add(Error error, std::string_view name) {
    if (error.code != Errc::Unsupported) return fail(std::move(error));
    if (first_)
        others_.add(name);
    else
        first_ = std::move(error);
    return {};
}

Result<void> Refusals::result() const {
    if (!first_) return {};
    Error error = *first_;
    if (others_.count() != 0)
        error.what += fmt::format("; {} more cannot be written either: {}", others_.count(), others_.text());
    return fail(std::move(error));
}

}  // namespace plimsoll
