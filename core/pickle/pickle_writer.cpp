// SPDX-License-Identifier: GPL-3.0-or-later
#include <bit>
#include <limits>

#include "base/byte_cursor.h"
#include "pickle/opcodes.h"
#include "pickle/pickler.h"

namespace plimsoll {

namespace {

using Bytes = std::vector<std::byte>;

void put(Bytes& out, std::string_view text) {
    const auto bytes = asBytes(text);
    out.insert(out.end(), bytes.begin(), bytes.end());
}

void put(Bytes& out, Opcode code) {
    out.push_back(static_cast<std::byte>(code));
}

// The lowest `count` bytes of a number, little-endian.
void putNumber(Bytes& out, std::uint64_t value, unsigned count) {
    for (unsigned i = 0; i < count; ++i) out.push_back(static_cast<std::byte>((value >> (8 * i)) & 0xffU));
}

// Bytes that a number takes in two's complement.
unsigned signedBytes(std::int64_t value) {
    unsigned count = 1;
    for (; count < 8; ++count) {
        const std::int64_t rest = value >> (8 * count - 1);
        if (rest == 0 || rest == -1) break;
    }
    return count;
}

}  // namespace

void PickleWriter::protocol(std::uint8_t version) {
    put(out_, Opcode::Proto);
    putNumber(out_, version, 1);
}

void PickleWriter::stop() {
    put(out_, Opcode::Stop);
}

void PickleWriter::none() {
    put(out_, Opcode::None);
}

void PickleWriter::boolean(bool value) {
    put(out_, value ? Opcode::NewTrue : Opcode::NewFalse);
}

void PickleWriter::integer(std::int64_t value) {
    const auto bits = static_cast<std::uint64_t>(value);
    if (value >= 0 && value <= 0xff) {
        put(out_, Opcode::BinInt1);
        putNumber(out_, bits, 1);
    } else if (value >= 0 && value <= 0xffff) {
        put(out_, Opcode::BinInt2);
        putNumber(out_, bits, 2);
    } else if (value >= std::numeric_limits<std::int32_t>::min() && value <= std::numeric_limits<std::int32_t>::max()) {
        put(out_, Opcode::BinInt);
        putNumber(out_, bits, 4);
    } else {
        put(out_, Opcode::Long1);
        const unsigned count = signedBytes(value);
        putNumber(out_, count, 1);
        putNumber(out_, bits, count);
    }
}

void PickleWriter::bigInteger(std::span<const std::byte> twosComplementLittleEndian) {
    const std::size_t count = twosComplementLittleEndian.size();
    put(out_, count <= 0xff ? Opcode::Long1 : Opcode::Long4);
    putNumber(out_, count, count <= 0xff ? 1 : 4);
    out_.insert(out_.end(), twosComplementLittleEndian.begin(), twosComplementLittleEndian.end());
}

void PickleWriter::real(double value) {
    put(out_, Opcode::BinFloat);
    putNumber(out_, __builtin_bswap64(std::bit_cast<std::uint64_t>(value)), 8);
}

void PickleWriter::text(std::string_view utf8) {
    put(out_, Opcode::BinUnicode);
    putNumber(out_, utf8.size(), 4);
    put(out_, utf8);
}

void PickleWriter::byteString(std::string_view bytes) {
    const bool isShort = bytes.size() <= 0xff;
    put(out_, isShort ? Opcode::ShortBinString : Opcode::BinString);
    putNumber(out_, bytes.size(), isShort ? 1 : 4);
    put(out_, bytes);
}

void PickleWriter::global(std::string_view module, std::string_view name) {
    put(out_, Opcode::Global);
    put(out_, module);
    put(out_, "\n");
    put(out_, name);
    put(out_, "\n");
}

void PickleWriter::mark() {
    put(out_, Opcode::Mark);
}

void PickleWriter::emptyTuple() {
    put(out_, Opcode::EmptyTuple);
}

void PickleWriter::tupleFromMark() {
    put(out_, Opcode::Tuple);
}

void PickleWriter::tuple1() {
    put(out_, Opcode::Tuple1);
}

void PickleWriter::tuple2() {
    put(out_, Opcode::Tuple2);
}

void PickleWriter::tuple3() {
    put(out_, Opcode::Tuple3);
}

void PickleWriter::emptyList() {
    put(out_, Opcode::EmptyList);
}

void PickleWriter::appendsFromMark() {
    put(out_, Opcode::Appends);
}

void PickleWriter::emptyDict() {
    put(out_, Opcode::EmptyDict);
}

void PickleWriter::setItemsFromMark() {
    put(out_, Opcode::SetItems);
}

void PickleWriter::reduce() {
    put(out_, Opcode::Reduce);
}

void PickleWriter::newObject() {
    put(out_, Opcode::NewObj);
}

void PickleWriter::build() {
    put(out_, Opcode::Build);
}

void PickleWriter::persistentId() {
    put(out_, Opcode::BinPersId);
}

std::uint32_t PickleWriter::memoize() {
    constexpr std::size_t kKept = 1U << 16U;
    if (counts_ && out_.size() > kKept) {
        dropped_ += out_.size();
        out_.clear();
    }
    const bool isShort = nextMemo_ <= 0xff;
    put(out_, isShort ? Opcode::BinPut : Opcode::LongBinPut);
    putNumber(out_, nextMemo_, isShort ? 1 : 4);
    return nextMemo_++;
}

void PickleWriter::get(std::uint32_t memo) {
    const bool isShort = memo <= 0xff;
    put(out_, isShort ? Opcode::BinGet : Opcode::LongBinGet);
    putNumber(out_, memo, isShort ? 1 : 4);
}

void PickleWriter::opcode(std::uint8_t code) {
    out_.push_back(static_cast<std::byte>(code));
}

}  // namespace plimsoll
