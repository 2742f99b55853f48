// SPDX-License-Identifier: GPL-3.0-or-later
#include <bit>
#include <charconv>
#include <limits>

#include <fmt/format.h>

#include "base/limits.h"
#include "pickle/literals.h"
#include "pickle/machine_state.h"

namespace plimsoll {

namespace {

// What a message shows of a text from the file.
std::string shown(std::string_view text) {
    constexpr std::size_t kShown = 40;
    std::string out;
    for (const char c : text.substr(0, kShown)) out += c >= ' ' && c <= '~' ? c : '?';
    if (text.size() > kShown) out += "...";
    return out;
}

// What Python makes of a number that no double can hold: infinity, or zero where its exponent is negative.
double beyondRange(std::string_view digits) {
    const bool isTiny = digits.find("e-") != std::string_view::npos || digits.find("E-") != std::string_view::npos;
    const double magnitude = isTiny ? 0.0 : std::numeric_limits<double>::infinity();
    return digits.starts_with('-') ? -magnitude : magnitude;
}

}  // namespace

bool PickleMachine::checkLength(std::string_view text) {
    return text.size() <= std::numeric_limits<std::uint32_t>::max() ||
           refuse(Errc::OverLimit, fmt::format("a text of {} bytes, at most 4 GiB are handled", text.size()));
}

bool PickleMachine::checkDecodable(std::string_view text) {
    return text.size() <= limits::kPickleDecodedBytes ||
           refuse(Errc::OverLimit, fmt::format("a text of {} bytes with escapes (at most {} are decoded)", text.size(),
                                               limits::kPickleDecodedBytes));
}

bool PickleMachine::pushLong(Opcode /*code*/, const Argument& argument) {
    if (!checkLength(argument.text)) return false;
    const auto small = smallInteger(argument.text);
    push(small ? ValueTree::integer(*small) : tree_.textIn(ValueKind::BigInt, argument.text));
    return true;
}

bool PickleMachine::pushIntLine(Opcode code, const Argument& argument) {
    // How protocols 0 and 1 write booleans.
    if (argument.text == "00" || argument.text == "01") {
        push(ValueTree::boolean(argument.text == "01"));
        return true;
    }
    return pushLongLine(code, argument);
}

bool PickleMachine::pushLongLine(Opcode code, const Argument& argument) {
    std::string_view digits = trimSpaces(argument.text);
    if (code == Opcode::Long && digits.ends_with('L')) digits.remove_suffix(1);
    if (const auto value = parseDecimal(digits)) {
        push(ValueTree::integer(*value));
        return true;
    }
    if (digits.size() > kMaxDecimalDigits)
        return refuse(Errc::OverLimit,
                      fmt::format("a number of {} digits, at most {} are read", digits.size(), kMaxDecimalDigits));
    const auto big = parseBigDecimal(digits);
    if (!big) return refuse(Errc::Corrupt, fmt::format("expected a whole number, found \"{}\"", shown(argument.text)));
    push(tree_.textCopy(ValueKind::BigInt, *big));
    return true;
}

bool PickleMachine::pushFloat(Opcode /*code*/, const Argument& argument) {
    push(ValueTree::real(std::bit_cast<double>(argument.number)));
    return true;
}

bool PickleMachine::pushFloatLine(Opcode /*code*/, const Argument& argument) {
    std::string_view digits = trimSpaces(argument.text);
    if (digits.starts_with('+')) digits.remove_prefix(1);
    double value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error == std::errc::result_out_of_range) value = beyondRange(digits);
    const bool isNumber = error == std::errc{} || error == std::errc::result_out_of_range;
    if (!isNumber || end != digits.data() + digits.size())
        return refuse(Errc::Corrupt, fmt::format("expected a number, found \"{}\"", shown(argument.text)));
    push(ValueTree::real(value));
    return true;
}

bool PickleMachine::pushUnicode(Opcode /*code*/, const Argument& argument) {
    if (argument.text.size() > limits::kPickleTextBytes)
        return refuse(Errc::OverLimit, fmt::format("a text of {} bytes (at most {} are read)", argument.text.size(),
                                                   limits::kPickleTextBytes));
    if (!isPickleUtf8(argument.text)) return refuse(Errc::Corrupt, "the text is not UTF-8");
    push(tree_.textIn(ValueKind::String, argument.text));
    return true;
}

bool PickleMachine::pushUnicodeLine(Opcode /*code*/, const Argument& argument) {
    if (!checkDecodable(argument.text)) return false;
    const auto text = decodeRawUnicode(argument.text);
    if (!text) return refuse(Errc::Corrupt, "the text has a broken \\u escape");
    push(tree_.textCopy(ValueKind::String, *text));
    return true;
}

bool PickleMachine::pushStringLine(Opcode /*code*/, const Argument& argument) {
    const auto literal = unquote(argument.text);
    if (!literal)
        return refuse(Errc::Corrupt, fmt::format("expected a quoted text, found \"{}\"", shown(argument.text)));
    if (!checkLength(*literal)) return false;
    if (literal->find('\\') == std::string_view::npos) {
        push(tree_.textIn(ValueKind::ByteString, *literal));
        return true;
    }
    if (!checkDecodable(*literal)) return false;
    const auto text = decodeStringEscapes(*literal);
    if (!text) return refuse(Errc::Corrupt, "the text has a broken \\x escape");
    push(tree_.textCopy(ValueKind::ByteString, *text));
    return true;
}

bool PickleMachine::pushBytes(Opcode code, const Argument& argument) {
    if (!checkLength(argument.text)) return false;
    ValueKind kind = ValueKind::Bytes;
    if (code == Opcode::BinString || code == Opcode::ShortBinString) kind = ValueKind::ByteString;
    if (code == Opcode::ByteArray8) kind = ValueKind::ByteArray;
    push(tree_.textIn(kind, argument.text));
    return true;
}

}  // namespace plimsoll
