// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>

#include "base/byte_cursor.h"
#include "base/result.h"
#include "pickle/literals.h"
#include "pickle/opcodes.h"

namespace plimsoll {

// An opcode's decoded argument; which members mean something follows from the ArgForm.
struct OpcodeArgument {
    std::uint64_t number = 0;  // I32 sign-extended, F64Big as the double's bits
    std::string_view text;     // payload, or the (first) line without '\n'
    std::string_view text2;    // second line
};

// The index that a PUT or GET of any form names; nothing where its text is no index.
[[nodiscard]] inline std::optional<std::uint64_t> memoIndexOf(ArgForm form, const OpcodeArgument& argument) noexcept {
    if (form != ArgForm::Line) return argument.number;
    const auto index = parseDecimal(argument.text);
    if (!index || *index < 0) return std::nullopt;
    return static_cast<std::uint64_t>(*index);
}

// Takes a pickle apart into opcodes. Every read is checked against what is left; it does not go through ByteCursor,
// because a Result per field would cost more than everything else that happens to an opcode (3 million of them in a
// state_dict of 100,000 tensors).
class OpcodeReader {
public:
    explicit OpcodeReader(std::span<const std::byte> pickle, std::uint64_t startOffset = 0) noexcept
        : bytes_(pickle), start_(startOffset) {}

    // Goes to the next opcode and reads its argument. False where that cannot be done: see error().
    [[nodiscard]] bool next() {
        if (!nextCode() || !readArgument(kOpcodes[code_].form)) return false;
        if (opcode() == Opcode::Frame) openFrame();
        return true;
    }

    // The same in two steps, for who knows the opcode's form when this compiles. Whoever goes this way calls
    // openFrame() where the opcode is FRAME.
    [[nodiscard]] bool nextCode() {
        opcodeAt_ = at_;
        if (at_ == bytes_.size()) return failAtEnd();
        code_ = static_cast<std::uint8_t>(bytes_[at_++]);
        return true;
    }
    [[nodiscard, gnu::always_inline]] inline bool readArgument(ArgForm form) {
        if (form == ArgForm::None) return true;
        if (!readForm(form)) return false;
        if (opcodeAt_ < frameEnd_ && at_ > frameEnd_) noteCrossedFrame();
        return true;
    }
    void openFrame();

    [[nodiscard]] std::uint8_t code() const noexcept { return code_; }
    [[nodiscard]] Opcode opcode() const noexcept { return static_cast<Opcode>(code_); }
    [[nodiscard]] const OpcodeInfo& info() const noexcept { return kOpcodes[code_]; }
    [[nodiscard]] const OpcodeArgument& argument() const noexcept { return argument_; }

    // File offset of the opcode, and of what follows it.
    [[nodiscard]] std::uint64_t opcodeOffset() const noexcept { return start_ + opcodeAt_; }
    [[nodiscard]] std::uint64_t offset() const noexcept { return start_ + at_; }
    // The same from the pickle's start.
    [[nodiscard]] std::uint64_t place() const noexcept { return opcodeAt_; }
    [[nodiscard]] std::uint64_t consumed() const noexcept { return at_; }

    // What follows the opcode, for who knows a run of opcodes by its bytes; nothing where frames are to be watched.
    [[nodiscard]] std::span<const std::byte> ahead() const noexcept {
        return frameEnd_ == 0 ? bytes_.subspan(at_) : std::span<const std::byte>();
    }
    // Passes over bytes that were read through ahead().
    void skip(std::size_t bytes) noexcept { at_ += bytes; }

    // Why next() said no: Truncated; Corrupt for a negative length or a byte that is no opcode; OverLimit for a
    // line. At the opcode's offset.
    [[nodiscard]] const Error& error() const noexcept { return error_; }
    // The first way in which the frames of protocol 4 are wrong. They only group opcodes; loaders differ in what they
    // do when an opcode crosses a frame's end, so such a stream means different things to different readers.
    [[nodiscard]] const std::optional<Error>& frameFlaw() const noexcept { return frameFlaw_; }

private:
    [[nodiscard]] std::size_t remaining() const noexcept { return bytes_.size() - at_; }

    template <class T>
    [[nodiscard]] bool number(T& out) {
        if (remaining() < sizeof(T)) return failTruncated(sizeof(T));
        std::memcpy(&out, bytes_.data() + at_, sizeof(T));
        at_ += sizeof(T);
        return true;
    }
    template <class T>
    [[nodiscard]] bool unsignedArgument() {
        T value{};
        if (!number(value)) return false;
        argument_.number = value;
        return true;
    }
    [[nodiscard]] bool payload(std::uint64_t length) {
        if (length > remaining()) return failTruncated(length);
        argument_.text = asText(bytes_.subspan(at_, static_cast<std::size_t>(length)));
        at_ += static_cast<std::size_t>(length);
        return true;
    }
    template <class T>
    [[nodiscard]] bool counted() {
        T length{};
        return number(length) && payload(length);
    }
    [[nodiscard, gnu::always_inline]] inline bool readForm(ArgForm form) {
        switch (form) {
            case ArgForm::U8:
                return unsignedArgument<std::uint8_t>();
            case ArgForm::U16:
                return unsignedArgument<std::uint16_t>();
            case ArgForm::U32:
                return unsignedArgument<std::uint32_t>();
            case ArgForm::Counted8:
                return counted<std::uint8_t>();
            case ArgForm::Counted32:
                return counted<std::uint32_t>();
            default:
                return readRareArgument(form);
        }
    }
    [[nodiscard]] bool readRareArgument(ArgForm form);
    [[nodiscard]] bool line(std::string_view& out);
    [[nodiscard]] bool failAtEnd();
    [[nodiscard]] bool failTruncated(std::uint64_t needed);
    [[nodiscard]] bool fail(Errc code, std::string what);
    void noteCrossedFrame();

    std::span<const std::byte> bytes_;
    std::uint64_t start_;
    std::size_t at_ = 0;
    std::size_t opcodeAt_ = 0;
    std::uint64_t frameEnd_ = 0;
    std::uint8_t code_ = 0;
    OpcodeArgument argument_;
    Error error_;
    std::optional<Error> frameFlaw_;
};

}  // namespace plimsoll
