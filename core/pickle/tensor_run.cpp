// SPDX-License-Identifier: GPL-3.0-or-later
#include "pickle/tensor_run.h"

#include <algorithm>
#include <cstring>

#include "base/byte_cursor.h"
#include "pickle/opcodes.h"

namespace plimsoll {

namespace {

// 5 bytes for every opcode with an argument, 1 for every other, and the key's text.
constexpr std::size_t kMostBytes = 30 * 5 + 10 + TensorRun::kMostKeyBytes;

// Reads opcodes that are expected; each member is false where something else comes. At least kMostBytes must be
// readable: a run is never longer, so that nothing here looks for the end.
class Matcher {
public:
    explicit Matcher(const std::byte* bytes) : start_(bytes), at_(bytes) {}

    [[nodiscard]] std::size_t consumed() const noexcept { return static_cast<std::size_t>(at_ - start_); }

    template <Opcode... Expected>
    bool opcodes() {
        return ((*at_++ == static_cast<std::byte>(Expected)) && ...);
    }
    bool get(std::uint32_t& index) {
        if (next() == Opcode::BinGet) return number<std::uint8_t>(index);
        return next() == Opcode::LongBinGet && number<std::uint32_t>(index);
    }
    bool put(TensorRun& run) {
        std::uint32_t& index = run.stored[run.puts++];
        if (next() == Opcode::LongBinPut) return number<std::uint32_t>(index);
        return next() == Opcode::BinPut && number<std::uint8_t>(index);
    }
    bool integer(std::int64_t& value) {
        switch (next()) {
            case Opcode::BinInt1:
                return number<std::uint8_t>(value);
            case Opcode::BinInt2:
                return number<std::uint16_t>(value);
            case Opcode::BinInt:
                return number<std::int32_t>(value);
            default:
                return false;
        }
    }
    bool key(TensorRun& run) {
        std::uint32_t length = 0;
        if (next() != Opcode::BinUnicode || !number<std::uint32_t>(length) || length > TensorRun::kMostKeyBytes)
            return false;
        run.keyAt = consumed();
        run.keyBytes = length;
        at_ += length;
        return true;
    }
    // EMPTY_TUPLE, or numbers and TUPLE1, 2 or 3 with a PUT.
    bool sizes(TensorRun::Sizes& sizes, TensorRun& run) {
        constexpr std::array kTuples = {Opcode::EmptyTuple, Opcode::Tuple1, Opcode::Tuple2, Opcode::Tuple3};
        std::size_t count = 0;
        while (count < TensorRun::kMostDims && integer(sizes.numbers[count])) ++count;
        sizes.count = count;
        return *at_++ == static_cast<std::byte>(kTuples[count]) && (count == 0 || put(run));
    }

private:
    [[nodiscard]] Opcode next() const noexcept { return static_cast<Opcode>(*at_); }

    template <class T, class Wide>
    bool number(Wide& value) {
        T read{};
        std::memcpy(&read, at_ + 1, sizeof(T));
        at_ += 1 + sizeof(T);
        value = read;
        return true;
    }

    const std::byte* start_;
    const std::byte* at_;
};

[[gnu::always_inline]] inline bool matchAt(const std::byte* bytes, TensorRun& run) {
    Matcher in(bytes);
    run.puts = 0;
    const bool layout = in.opcodes<Opcode::Mark, Opcode::Mark>() && in.get(run.tag) && in.get(run.type) &&
                        in.key(run) && in.put(run) && in.get(run.location) && in.integer(run.count) &&
                        in.opcodes<Opcode::Tuple>() && in.put(run) && in.opcodes<Opcode::BinPersId>() &&
                        in.integer(run.offset) && in.sizes(run.size, run) && in.sizes(run.stride, run);
    if (!layout) return false;
    run.requiresGrad = bytes[in.consumed()] == static_cast<std::byte>(Opcode::NewTrue);
    const bool whole = (run.requiresGrad ? in.opcodes<Opcode::NewTrue>() : in.opcodes<Opcode::NewFalse>()) &&
                       in.get(run.hooks) && in.opcodes<Opcode::EmptyTuple, Opcode::Reduce>() && in.put(run) &&
                       in.opcodes<Opcode::Tuple>() && in.put(run) && in.opcodes<Opcode::Reduce>() && in.put(run);
    run.bytes = in.consumed();
    return whole;
}

}  // namespace

bool matchTensorRun(std::span<const std::byte> bytes, TensorRun& run) {
    // Most GETs are followed by something else.
    if (bytes.empty() || bytes[0] != static_cast<std::byte>(Opcode::Mark)) return false;
    if (bytes.size() >= kMostBytes) {
        if (!matchAt(bytes.data(), run)) return false;
    } else {
        // A copy with room behind it: what matches there beyond the end does not count. (0 is no opcode.)
        std::array<std::byte, kMostBytes> padded{};
        std::ranges::copy(bytes, padded.begin());
        if (!matchAt(padded.data(), run) || run.bytes > bytes.size()) return false;
    }
    run.key = asText(bytes.subspan(run.keyAt, run.keyBytes));
    return true;
}

}  // namespace plimsoll
