// SPDX-License-Identifier: GPL-3.0-or-later
#include "formats/json_text.h"

#include <cstring>

#include <fmt/format.h>

#include "base/byte_cursor.h"

namespace plimsoll {

Result<JsonText> JsonText::open(std::span<const std::byte> file, std::uint64_t offset, std::uint64_t bytes) {
    const auto text = file.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(bytes));
    const std::size_t behind = file.size() - static_cast<std::size_t>(offset + bytes);
    JsonText json;
    json.state_ = std::make_unique<State>();
    json.offset_ = offset;
    json.bytes_ = bytes;
    simdjson::padded_string_view view(asText(text).data(), text.size(), text.size() + behind);
    if (behind < simdjson::SIMDJSON_PADDING) {
        json.copy_ = std::make_shared<const simdjson::padded_string>(asText(text).data(), text.size());
        view = *json.copy_;
    }
    json.text_ = view.data();
    if (const auto code = json.state_->parser.iterate(view).get(json.state_->document); code != simdjson::SUCCESS)
        return plimsoll::fail(Errc::Corrupt, fmt::format("no JSON: {}", simdjson::error_message(code)), offset);
    return json;
}

std::uint64_t JsonText::location() {
    const char* place = nullptr;
    if (document().current_location().get(place) != simdjson::SUCCESS) return offset_ + bytes_;
    return offset_ + static_cast<std::uint64_t>(place - text_);
}

tl::unexpected<Error> JsonText::fail(simdjson::error_code code, std::string_view expected) {
    return plimsoll::fail(Errc::Corrupt, fmt::format("{} (expected {})", simdjson::error_message(code), expected),
                          location());
}

tl::unexpected<Error> JsonText::fail(std::string_view what) {
    return plimsoll::fail(Errc::Corrupt, std::string(what), location());
}

Result<void> JsonText::expectEnd() {
    const char* place = nullptr;
    // There is no place left where all of the text was read.
    if (document().current_location().get(place) != simdjson::SUCCESS) return {};
    return fail("more text follows the end of the JSON object");
}

simdjson::error_code keyOf(simdjson::ondemand::field& field, JsonKey& key) {
    const char* const raw = field.key().raw();
    // The parser has checked that every string is closed.
    const char* end = raw;
    while (*end != '"' && *end != '\\') ++end;
    key.lasting = *end == '"';
    if (key.lasting) {
        key.text = {raw, static_cast<std::size_t>(end - raw)};
        return simdjson::SUCCESS;
    }
    return field.unescaped_key().get(key.text);
}

}  // namespace plimsoll
