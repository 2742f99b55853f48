// SPDX-License-Identifier: GPL-3.0-or-later
#include "lab/checksum.h"

#include <algorithm>

#include <fmt/format.h>
#include <xxhash.h>

namespace plimsoll {

struct ModelChecksum::State {
    State() { XXH3_128bits_reset(xxh); }
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State() { XXH3_freeState(xxh); }

    XXH3_state_t* xxh = XXH3_createState();  // aligned to 64 bytes, which plain new does not promise
};

ModelChecksum::ModelChecksum() : state_(std::make_unique<State>()) {}
ModelChecksum::~ModelChecksum() = default;
ModelChecksum::ModelChecksum(ModelChecksum&&) noexcept = default;
ModelChecksum& ModelChecksum::operator=(ModelChecksum&&) noexcept = default;

void ModelChecksum::beginTensor(std::string_view name, DType dtype, std::span<const std::uint64_t> shape) {
    addText(name);
    addText(torchName(dtype));
    addLength(shape.size());
    for (const std::uint64_t dimension : shape) addLength(dimension);
}

void ModelChecksum::add(std::span<const std::byte> elements) {
    XXH3_128bits_update(state_->xxh, elements.data(), elements.size());
}

std::string ModelChecksum::hex() const {
    const XXH128_hash_t hash = XXH3_128bits_digest(state_->xxh);
    return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

void ModelChecksum::addLength(std::uint64_t length) {
    XXH3_128bits_update(state_->xxh, &length, sizeof length);
}

void ModelChecksum::addText(std::string_view text) {
    addLength(text.size());
    XXH3_128bits_update(state_->xxh, text.data(), text.size());
}

std::vector<TensorId> checksumOrder(const TensorTable& tensors) {
    std::vector<TensorId> order;
    order.reserve(tensors.size());
    for (std::uint32_t row = 0; row < tensors.size(); ++row) order.emplace_back(row);
    std::sort(order.begin(), order.end(), [&](TensorId a, TensorId b) { return tensors.name(a) < tensors.name(b); });
    return order;
}

}  // namespace plimsoll
