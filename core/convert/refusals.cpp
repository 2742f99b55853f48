// SPDX-License-Identifier: GPL-3.0-or-later
#include "convert/refusals.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <simdjson.h>

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

Result<void> checkFlatNames(std::vector<std::string_view> names, bool inIndex) {
    std::ranges::sort(names);
    if (const auto twice = std::ranges::adjacent_find(names); twice != names.end())
        return fail(Errc::Unsupported,
                    fmt::format("two tensors are named '{}', which a flat dictionary cannot hold", *twice));
    if (!inIndex) return {};
    for (const auto name : names)
        if (!simdjson::validate_utf8(name))
            return fail(Errc::Unsupported, fmt::format("'{}' is no UTF-8 and cannot stand in an index", name));
    return {};
}

}  // namespace plimsoll
