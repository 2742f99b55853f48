// SPDX-License-Identifier: GPL-3.0-or-later
#include "pickle/tensor_run.h"

#include <cstring>

#include "base/byte_cursor.h"
#include "pickle/opcodes.h"

namespace plimsoll {

namespace {

// Reads opcodes that are expected; each member is false where something else comes.
class Matcher {
public:
    explicit Matcher(std::span<const std::byte> bytes) : bytes_(bytes) {}

    [[nodiscard]] std::size_t consumed() const noexcept { return at_; }

    bool opcode(Opcode expected) {
        if (at_ == bytes_.size() || bytes_[at_] != static_cast<std::byte>(expected)) return false;
        ++at_;
        return true;
    }
    bool get(std::uint64_t& index) {
        if (opcode(Opcode::BinGet)) return number<std::uint8_t>(index);
        return opcode(Opcode::LongBinGet) && number<std::uint32_t>(index);
    }
    bool put(TensorRun& run) {
        std::uint64_t& index = run.stored[run.puts++];
        if (opcode(Opcode::LongBinPut)) return number<std::uint32_t>(index);
        return opcode(Opcode::BinPut) && number<std::uint8_t>(index);
    }
    bool integer(std::int64_t& value) {
        if (opcode(Opcode::BinInt1)) return number<std::uint8_t>(value);
        if (opcode(Opcode::BinInt2)) return number<std::uint16_t>(value);
        return opcode(Opcode::BinInt) && number<std::int32_t>(value);
    }
    bool text(std::string_view& value) {
        std::uint64_t length = 0;
        if (!opcode(Opcode::BinUnicode) || !number<std::uint32_t>(length) || length > bytes_.size() - at_) return false;
        value = asText(bytes_.subspan(at_, static_cast<std::size_t>(length)));
        at_ += static_cast<std::size_t>(length);
        return true;
    }
    // EMPTY_TUPLE, or numbers and TUPLE1, 2 or 3 with a PUT.
    bool sizes(TensorRun::Sizes& sizes, TensorRun& run) {
        constexpr std::array kTuples = {Opcode::EmptyTuple, Opcode::Tuple1, Opcode::Tuple2, Opcode::Tuple3};
        while (sizes.count < TensorRun::kMostDims && integer(sizes.numbers[sizes.count])) ++sizes.count;
        return opcode(kTuples[sizes.count]) && (sizes.count == 0 || put(run));
    }

private:
    template <class T, class Wide>
    bool number(Wide& value) {
        T read{};
        if (bytes_.size() - at_ < sizeof(T)) return false;
        std::memcpy(&read, bytes_.data() + at_, sizeof(T));
        at_ += sizeof(T);
        value = read;
        return true;
    }

    std::span<const std::byte> bytes_;
    std::size_t at_ = 0;
};

}  // namespace

std::optional<TensorRun> matchTensorRun(std::span<const std::byte> bytes, std::uint64_t callable) {
    Matcher in(bytes);
    std::optional<TensorRun> found;
    if (!in.opcode(Opcode::Mark) || !in.opcode(Opcode::Mark)) return found;
    TensorRun& run = found.emplace();
    run.callable = callable;
    const bool storage = in.get(run.tag) && in.get(run.type) && in.text(run.key) && in.put(run) &&
                         in.get(run.location) && in.integer(run.count) && in.opcode(Opcode::Tuple) && in.put(run) &&
                         in.opcode(Opcode::BinPersId);
    const bool layout = storage && in.integer(run.offset) && in.sizes(run.size, run) && in.sizes(run.stride, run);
    run.requiresGrad = layout && in.opcode(Opcode::NewTrue);
    const bool whole = layout && (run.requiresGrad || in.opcode(Opcode::NewFalse)) && in.get(run.hooks) &&
                       in.opcode(Opcode::EmptyTuple) && in.opcode(Opcode::Reduce) && in.put(run) &&
                       in.opcode(Opcode::Tuple) && in.put(run) && in.opcode(Opcode::Reduce) && in.put(run);
    if (!whole) return std::nullopt;
    run.bytes = in.consumed();
    return found;
}

}  // namespace plimsoll
