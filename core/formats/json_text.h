// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include <simdjson.h>

#include "base/result.h"

namespace plimsoll {

// JSON text in a file, parsed while it is walked (simdjson on demand): little memory beyond the text. Errors name the
// byte of the file. Move-only.
class JsonText {
public:
    // `text` stays valid as long as this object and everything taken from it. Where the mapping ends too soon behind
    // the text, a copy with the padding that the parser reads is made (see copy()).
    //   file    the whole file; text = file[offset, offset + bytes)
    [[nodiscard]] static Result<JsonText> open(std::span<const std::byte> file, std::uint64_t offset,
                                               std::uint64_t bytes);

    [[nodiscard]] simdjson::ondemand::document& document() noexcept { return state_->document; }
    // What views of the text need to be kept alive with; null where they point into the file.
    [[nodiscard]] std::shared_ptr<const void> copy() const noexcept { return copy_; }

    // "expected X: simdjson's words", at the byte that the parser has reached.
    [[nodiscard]] tl::unexpected<Error> fail(simdjson::error_code code, std::string_view expected);
    [[nodiscard]] tl::unexpected<Error> fail(std::string_view what);
    // Corrupt where anything but white space follows the root value.
    [[nodiscard]] Result<void> expectEnd();

private:
    struct State {
        simdjson::ondemand::parser parser;
        simdjson::ondemand::document document;
    };
    [[nodiscard]] std::uint64_t location();

    std::unique_ptr<State> state_;
    std::shared_ptr<const simdjson::padded_string> copy_;
    const char* text_ = nullptr;
    std::uint64_t offset_ = 0;
    std::uint64_t bytes_ = 0;
};

// The text of a field's key: a view into the JSON text where it has no escapes (lasting = true), else one into the
// parser, to be copied.
struct JsonKey {
    std::string_view text;
    bool lasting = false;
};
[[nodiscard]] simdjson::error_code keyOf(simdjson::ondemand::field& field, JsonKey& key);

}  // namespace plimsoll
