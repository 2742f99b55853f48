// SPDX-License-Identifier: GPL-3.0-or-later
#include "pickle/opcode_reader.h"

#include <fmt/format.h>

#include "base/limits.h"

namespace plimsoll {

bool OpcodeReader::readRareArgument(ArgForm form) {
    switch (form) {
        case ArgForm::U64:
            return unsignedArgument<std::uint64_t>();
        case ArgForm::I32: {
            std::int32_t value = 0;
            if (!number(value)) return false;
            argument_.number = static_cast<std::uint64_t>(static_cast<std::int64_t>(value));
            return true;
        }
        case ArgForm::F64Big:
            if (!unsignedArgument<std::uint64_t>()) return false;
            argument_.number = __builtin_bswap64(argument_.number);
            return true;
        case ArgForm::Line:
            return line(argument_.text);
        case ArgForm::TwoLines:
            // The second stays empty where it is cut, so that the first can be told.
            argument_.text2 = {};
            return line(argument_.text) && line(argument_.text2);
        case ArgForm::Counted64:
            return counted<std::uint64_t>();
        case ArgForm::CountedSigned32: {
            std::int32_t length = 0;
            if (!number(length)) return false;
            if (length < 0) return fail(Errc::Corrupt, fmt::format("the length is negative: {}", length));
            return payload(static_cast<std::uint64_t>(length));
        }
        default:
            return fail(Errc::Corrupt, fmt::format("byte {:#04x} is no opcode of protocols 0 to 5", code_));
    }
}

bool OpcodeReader::line(std::string_view& out) {
    // A sparse file holds gigabytes without a line end for nothing.
    const std::string_view rest = asText(bytes_.subspan(at_)).substr(0, limits::kPickleTextBytes);
    const auto end = rest.find('\n');
    if (end == std::string_view::npos && rest.size() < remaining())
        return fail(Errc::OverLimit, fmt::format("a line of more than {} bytes", limits::kPickleTextBytes));
    if (end == std::string_view::npos) return fail(Errc::Truncated, "needs a line, no line end is left");
    out = rest.substr(0, end);
    at_ += end + 1;
    return true;
}

bool OpcodeReader::failAtEnd() {
    error_ = {Errc::Truncated, opcodeOffset(), "the pickle ends without STOP", {}};
    return false;
}

bool OpcodeReader::failTruncated(std::uint64_t needed) {
    return fail(Errc::Truncated, fmt::format("needs {} bytes, {} are left", needed, remaining()));
}

bool OpcodeReader::fail(Errc code, std::string what) {
    if (!info().name.empty()) what = fmt::format("{}: {}", info().name, what);
    error_ = {code, opcodeOffset(), std::move(what), {}};
    return false;
}

void OpcodeReader::noteCrossedFrame() {
    if (!frameFlaw_)
        frameFlaw_ =
            Error{Errc::Corrupt, opcodeOffset(), fmt::format("{}: crosses the end of its frame", info().name), {}};
}

void OpcodeReader::openFrame() {
    const std::uint64_t length = argument_.number;
    if (at_ < frameEnd_) {
        if (!frameFlaw_)
            frameFlaw_ = Error{Errc::Corrupt, opcodeOffset(), "FRAME: starts before the frame around it ends", {}};
    } else if (length > remaining()) {
        if (!frameFlaw_) {
            frameFlaw_ = Error{Errc::Truncated,
                               opcodeOffset(),
                               fmt::format("FRAME: of {} bytes, {} are left", length, remaining()),
                               {}};
        }
    } else {
        frameEnd_ = at_ + length;
    }
}

}  // namespace plimsoll
