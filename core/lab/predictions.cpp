// SPDX-License-Identifier: GPL-3.0-or-later
#include "lab/predictions.h"

#include <cmath>

#include <nlohmann/json.hpp>

#include "base/glob.h"
#include "lab/json_parts.h"
#include "lab/report_json.h"

namespace plimsoll {

namespace {

using nlohmann::ordered_json;

ordered_json bytesOrNull(const std::optional<std::uint64_t>& bytes) {
    return bytes ? ordered_json(*bytes) : ordered_json(nullptr);
}

ordered_json runJson(const StrategyPrediction& one) {
    const Fit fit = one.verdict.fit;
    return {{"strategy", one.strategy},
            {"dtype", one.dtype ? ordered_json(torchName(*one.dtype)) : ordered_json(nullptr)},
            {"seconds", nullptr},
            {"checksum", nullptr},
            {"verified", false},
            {"host", nullptr},
            {"device", nullptr},
            {"predicted", json_parts::predicted(one.prediction)},
            {"needs", {{"host", one.verdict.hostNeed}, {"device", one.verdict.deviceNeed}}},
            {"fits", fit == Fit::Unknown ? ordered_json(nullptr) : ordered_json(fit == Fit::Yes)},
            {"phases", ordered_json::array()},
            {"samples", ordered_json::array()},
            {"error", nullptr}};
}

}  // namespace

std::string hostAnonText(const Prediction& prediction) {
    return (isUpperBound(prediction) ? "<= " : "") + formatByteSize(prediction.hostAnon);
}

std::optional<double> errorPercent(std::uint64_t predicted, double measured) noexcept {
    if (measured <= 0) return std::nullopt;
    const double percent = 100 * (static_cast<double>(predicted) / measured - 1);
    return std::abs(percent) < 0.05 ? 0 : percent;  // not "-0.0"
}

std::optional<double> hostErrorPercent(const Prediction& prediction, double measured) noexcept {
    const bool holds = isUpperBound(prediction) && measured <= static_cast<double>(prediction.hostAnon);
    return holds ? std::nullopt : errorPercent(prediction.hostAnon, measured);
}

std::vector<StrategyPrediction> predictLoads(const Checkpoint& checkpoint, const Comparison& comparison,
                                             const Room& room) {
    const bool onDevice = comparison.device != "cpu";
    const LoadBasis basis = loadBasis(checkpoint);
    std::vector<StrategyPrediction> predictions;
    for (const std::string& name : comparison.strategies) {
        const StrategyInfo* info = findStrategy(name);
        if (info == nullptr) continue;
        const auto dtype = targetOf(*info, comparison.dtype);
        const auto prediction = predictLoad(basis, name, onDevice, dtype);
        if (prediction) predictions.push_back({name, dtype, *prediction, judgeFit(*prediction, onDevice, room)});
    }
    return predictions;
}

std::string predictionsJson(const Checkpoint& checkpoint, std::string_view device, const Room& room,
                            const std::vector<StrategyPrediction>& predictions) {
    ordered_json document = {{"path", checkpoint.path},
                             {"device", device},
                             {"model_bytes", modelBytes(checkpoint.tensors)},
                             {"room", {{"host", bytesOrNull(room.host)}, {"device", bytesOrNull(room.device)}}},
                             {"runs", ordered_json::array()}};
    for (const StrategyPrediction& one : predictions) document["runs"].push_back(runJson(one));
    return document.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace plimsoll
