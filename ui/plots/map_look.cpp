// SPDX-License-Identifier: GPL-3.0-or-later
#include "plots/map_look.h"

#include "theme/theme.h"

namespace plimsoll::ui {

QColor mapColour(int index, const QPalette& palette) {
    const bool dark = isDark(palette);
    if (index == kUnusedColour) return tint(badColour(palette), palette, dark ? 0.75 : 0.8);
    if (index == kOutsideColour) return tint(mutedText(palette), palette, 0.45);
    return tint(seriesColour(index, palette), palette, dark ? 0.5 : 0.42);
}

}  // namespace plimsoll::ui
