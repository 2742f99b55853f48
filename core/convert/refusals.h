// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string_view>

#include "base/result.h"
#include "formats/name_list.h"

namespace plimsoll {

// The tensors that a target cannot hold: one error says why of the first, and names the others.
class Refusals {
public:
    // Collects Unsupported errors; any other ends the planning.
    [[nodiscard]] Result<void> add(Error error, std::string_view name);
    [[nodiscard]] Result<void> result() const;

private:
    std::optional<Error> first_;
    NameList others_;
};

}  // namespace plimsoll
