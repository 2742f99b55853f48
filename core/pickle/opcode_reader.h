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
#include "pickle/opcodes.h"

namespace plimsoll {

// An opcode's decoded argument; which members mean something follows from the ArgForm.
struct OpcodeArgument {
    std::uint64_t number = 0;  // I32 sign-extended, F64Big as the double's bits
    std::string_view text;     // payload, or the (first) line without '\n'
    std::string_view text2;    // second line
};

// Takes a pickle apart into opcodes. Every read is checked against what is left; it does not go through ByteCursor,
// because a Result per field would cost more than everything else that happens to an opcode (3 million of them in a
// state_dict of 100,000 tensors).
class OpcodeReader {
public:
    explicit OpcodeReader(std::span<const std::byte> pickle, std::uint64_t startOffset = 0) noexcept
        : bytes_(pickle), start_(startOffset) {}

    // Goes to the next opcode. False where there is none: see error().
    [[nodiscard]] bool next() {
        opcodeAt_ = at_;
        if (at_ == bytes_.size()) return failAtEnd();
        code_ = static_cast<std::uint8_t>(bytes_[at_++]);
        if (!readArgument(kOpcodes[code_].form)) return false;
        if (opcodeAt_ < frameEnd_ && at_ > frameEnd_) noteCrossedFrame();
        if (opcode() == Opcode::Frame) openFrame();
        return true;
    }

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
    [[nodiscard]] bool readArgument(ArgForm form) {
        switch (form) {
            case ArgForm::None:
                return true;
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
    void openFrame();

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
