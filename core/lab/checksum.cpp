// SPDX-License-Identifier: GPL-3.0-or-later
#include "lab/checksum.h"

#include <algorithm>
#include <array>
#include <cstring>

#include <fmt/format.h>
#include <xxhash.h>

namespace plimsoll {

namespace {

constexpr std::size_t kPartBytes = 4096;  // whole elements of every dtype

// The bits that are all set in every NaN, and those of which one more must be.
struct NanBits {
    std::uint64_t all = 0;
    std::uint64_t any = 0;
};

// Of the types that a load casts to; of others nothing.
NanBits nanBits(DType dtype) noexcept {
    switch (dtype) {
        case DType::F64:
            return {0x7FF0'0000'0000'0000U, 0x000F'FFFF'FFFF'FFFFU};
        case DType::F32:
            return {0x7F80'0000U, 0x007F'FFFFU};
        case DType::F16:
            return {0x7C00U, 0x03FFU};
        case DType::BF16:
            return {0x7F80U, 0x007FU};
        case DType::F8_E4M3FN:
            return {0x7FU, 0x7FU};
        case DType::F8_E5M2:
            return {0x7CU, 0x03U};
        default:
            return {};
    }
}

// Copies elements, each NaN as the positive one with all bits set.
template <class Bits>
void copyWithOneNan(std::span<const std::byte> from, std::byte* to, const NanBits& nan) noexcept {
    for (std::size_t at = 0; at + sizeof(Bits) <= from.size(); at += sizeof(Bits)) {
        Bits bits = 0;
        std::memcpy(&bits, from.data() + at, sizeof bits);
        if ((bits & nan.all) == nan.all && (bits & nan.any) != 0) bits = static_cast<Bits>(nan.all | nan.any);
        std::memcpy(to + at, &bits, sizeof bits);
    }
}

void copyWithOneNan(std::span<const std::byte> from, std::byte* to, std::uint32_t width, const NanBits& nan) noexcept {
    switch (width) {
        case 8:
            return copyWithOneNan<std::uint8_t>(from, to, nan);
        case 16:
            return copyWithOneNan<std::uint16_t>(from, to, nan);
        case 32:
            return copyWithOneNan<std::uint32_t>(from, to, nan);
        default:
            return copyWithOneNan<std::uint64_t>(from, to, nan);
    }
}

}  // namespace

struct ModelChecksum::State {
    State() { XXH3_128bits_reset(xxh); }
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State() { XXH3_freeState(xxh); }

    XXH3_state_t* xxh = XXH3_createState();  // aligned to 64 bytes, which plain new does not promise
    NanBits nan;                             // of a tensor that was cast
    std::uint32_t width = 0;
};

ModelChecksum::ModelChecksum() : state_(std::make_unique<State>()) {}
ModelChecksum::~ModelChecksum() = default;
ModelChecksum::ModelChecksum(ModelChecksum&&) noexcept = default;
ModelChecksum& ModelChecksum::operator=(ModelChecksum&&) noexcept = default;

void ModelChecksum::beginTensor(std::string_view name, DType dtype, std::span<const std::uint64_t> shape, bool cast) {
    state_->nan = cast ? nanBits(dtype) : NanBits{};
    state_->width = bitWidth(dtype);
    addText(name);
    addText(torchName(dtype));
    addLength(shape.size());
    for (const std::uint64_t dimension : shape) addLength(dimension);
}

void ModelChecksum::add(std::span<const std::byte> elements) {
    if (state_->nan.all == 0) return addBytes(elements);
    std::array<std::byte, kPartBytes> part;
    while (!elements.empty()) {
        const auto now = elements.first(std::min(elements.size(), part.size()));
        copyWithOneNan(now, part.data(), state_->width, state_->nan);
        addBytes(std::span(part).first(now.size()));
        elements = elements.subspan(now.size());
    }
}

std::string ModelChecksum::hex() const {
    const XXH128_hash_t hash = XXH3_128bits_digest(state_->xxh);
    return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

void ModelChecksum::addBytes(std::span<const std::byte> bytes) {
    XXH3_128bits_update(state_->xxh, bytes.data(), bytes.size());
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
