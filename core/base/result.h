// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <tl/expected.hpp>

namespace plimsoll {

// Closed set of failure kinds; tests match these, people read Error::what.
enum class Errc : std::uint8_t {
    Io,           // the operating system refused (errno text is in `what`)
    Truncated,    // the input ends before what it announces
    Corrupt,      // the input contradicts its format or itself
    OutOfBounds,  // an offset, index or span leaves its container
    Overflow,     // a size computed from the input does not fit 64 bits
    OverLimit,    // larger than a cap in limits.h
    Unsupported,  // valid, but nothing here handles it
    Usage,        // the request itself makes no sense (unknown name, conflicting options)
    Network,      // a server cannot be reached, or breaks off
    Cancelled,    // the caller's stop_token was triggered
};

inline constexpr std::uint64_t kNoOffset = ~std::uint64_t{0};

// One failure. `what` says what was found and what was expected, without path and offset.
struct Error {
    Errc code = Errc::Corrupt;
    std::uint64_t offset = kNoOffset;  // bytes from the start of `path`, kNoOffset where there is none
    std::string what;
    std::string path;  // file the error is about; empty: the file that the caller asked for
};

template <class T>
using Result = tl::expected<T, Error>;

[[nodiscard]] inline tl::unexpected<Error> fail(Errc code, std::string what, std::uint64_t offset = kNoOffset) {
    return tl::unexpected<Error>(Error{code, offset, std::move(what), {}});
}

[[nodiscard]] inline tl::unexpected<Error> fail(Error error) {
    return tl::unexpected<Error>(std::move(error));
}

// Cancelled, in the words every job uses.
[[nodiscard]] inline tl::unexpected<Error> cancelled() {
    return fail(Errc::Cancelled, "cancelled");
}

// "PATH: at byte OFFSET: WHAT", the one form in which an error reaches a person.
//   askedPath  used when the error names no file of its own
[[nodiscard]] std::string describe(const Error& error, std::string_view askedPath);

// The text of an errno value ("No space left on device").
[[nodiscard]] std::string errnoText(int errnoValue);

}  // namespace plimsoll

#define PLIMSOLL_CONCAT_(a, b) a##b
#define PLIMSOLL_CONCAT(a, b) PLIMSOLL_CONCAT_(a, b)

#define PLIMSOLL_TRY_(tmp, declaration, ...)                                      \
    auto tmp = (__VA_ARGS__);                                                     \
    if (!tmp) return ::tl::unexpected<::plimsoll::Error>(std::move(tmp.error())); \
    declaration = std::move(*tmp)

// TRY(const auto x, expression): x is the expression's value, or the enclosing function returns its Error.
#define TRY(declaration, ...) PLIMSOLL_TRY_(PLIMSOLL_CONCAT(tryResult_, __LINE__), declaration, __VA_ARGS__)

// TRY_VOID(expression): the same for Result<void>.
#define TRY_VOID(...)                                                                               \
    do {                                                                                            \
        auto tryResult_ = (__VA_ARGS__);                                                            \
        if (!tryResult_) return ::tl::unexpected<::plimsoll::Error>(std::move(tryResult_.error())); \
    } while (false)
