// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>

#include <nlohmann/json.hpp>

#include "memory/predict.h"

// Pieces that the documents of this room share. Included by their .cpp files only.
namespace plimsoll::json_parts {

[[nodiscard]] inline nlohmann::ordered_json predicted(const std::optional<Prediction>& prediction) {
    if (!prediction) return nullptr;
    return {{"host_anon", prediction->hostAnon},
            {"host_file", prediction->hostFile},
            {"device", prediction->device},
            {"device_reserved", prediction->deviceReserved},
            {"host_buffers", prediction->hostBuffers}};
}

}  // namespace plimsoll::json_parts
