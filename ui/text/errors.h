// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include "base/result.h"

namespace plimsoll::ui {

// An error taken apart for an error page. `expected` is empty where the text names no expectation.
struct ErrorText {
    QString headline;  // "The file ends too early"
    QString file;
    QString place;  // "byte 1,234 (0x4d2)", empty where there is none
    QString found;
    QString expected;
    QString advice;  // what to do
};

[[nodiscard]] ErrorText explain(const Error& error, const QString& askedPath);

// "at byte N: what", with the file where it is not the one asked for: for a message in place.
[[nodiscard]] QString errorLine(const Error& error, const QString& askedPath);

}  // namespace plimsoll::ui
