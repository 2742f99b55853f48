// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>
#include <QFont>
#include <QPalette>

// Colours that carry a meaning, for light and for dark palettes.
namespace plimsoll::ui {

enum class ColourScheme { System, Light, Dark };

// Gives the application its palette. System: the desktop's own where it has one, else what it prefers.
void applyColourScheme(ColourScheme scheme);
// What the desktop asks for where it brings no palette; taken at once where the scheme is System.
void setDesktopPrefersDark(bool dark);

[[nodiscard]] bool isDark(const QPalette& palette);
[[nodiscard]] QColor mutedText(const QPalette& palette);  // secondary text, readable
[[nodiscard]] QColor hairline(const QPalette& palette);   // separators, grid lines
[[nodiscard]] QColor accent(const QPalette& palette);     // the one colour of the program
[[nodiscard]] QColor goodColour(const QPalette& palette);
[[nodiscard]] QColor warnColour(const QPalette& palette);
[[nodiscard]] QColor badColour(const QPalette& palette);
// Distinct hues for curves and dtypes; repeats after eight.
[[nodiscard]] QColor seriesColour(int index, const QPalette& palette);
// `colour` mixed into the palette's base, 0 (base) to 1 (colour): backgrounds of banners and bars.
[[nodiscard]] QColor tint(const QColor& colour, const QPalette& palette, double amount);

[[nodiscard]] QFont monospace();  // for names, bytes, commands
[[nodiscard]] QFont scaledFont(const QFont& base, double factor, QFont::Weight weight = QFont::Normal);

}  // namespace plimsoll::ui
