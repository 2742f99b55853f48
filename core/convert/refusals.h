// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string_view>
#include <vector>

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

// A flat dictionary and an index have one tensor per name; an index holds UTF-8.
//   errors  Unsupported
[[nodiscard]] Result<void> checkFlatNames(std::vector<std::string_view> names, bool inIndex);

}  // namespace plimsoll
