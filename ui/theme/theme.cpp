// SPDX-License-Identifier: GPL-3.0-or-later
#include "theme/theme.h"

#include <QApplication>
#include <QFontDatabase>
#include <QStyle>
#include <array>
#include <utility>

namespace plimsoll::ui {
namespace {

QPalette lightPalette() {
    QPalette p(QColor(0xf4, 0xf5, 0xf7));
    p.setColor(QPalette::Window, QColor(0xf4, 0xf5, 0xf7));
    p.setColor(QPalette::Base, QColor(0xff, 0xff, 0xff));
    p.setColor(QPalette::AlternateBase, QColor(0xf7, 0xf8, 0xfa));
    p.setColor(QPalette::Button, QColor(0xfa, 0xfb, 0xfc));
    p.setColor(QPalette::Highlight, QColor(0x1b, 0x6e, 0x9b));
    p.setColor(QPalette::HighlightedText, Qt::white);
    p.setColor(QPalette::Link, QColor(0x1b, 0x6e, 0x9b));
    p.setColor(QPalette::ToolTipBase, QColor(0xff, 0xff, 0xff));
    p.setColor(QPalette::ToolTipText, QColor(0x1f, 0x26, 0x2e));
    for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText}) {
        p.setColor(role, QColor(0x1f, 0x26, 0x2e));
        p.setColor(QPalette::Disabled, role, QColor(0x9a, 0xa1, 0xaa));
    }
    p.setColor(QPalette::PlaceholderText, QColor(0x80, 0x88, 0x92));
    return p;
}

QPalette darkPalette() {
    QPalette p(QColor(0x25, 0x29, 0x2f));
    p.setColor(QPalette::Window, QColor(0x25, 0x29, 0x2f));
    p.setColor(QPalette::Base, QColor(0x1c, 0x1f, 0x24));
    p.setColor(QPalette::AlternateBase, QColor(0x21, 0x25, 0x2a));
    p.setColor(QPalette::Button, QColor(0x31, 0x36, 0x3d));
    p.setColor(QPalette::Highlight, QColor(0x2f, 0x7f, 0xab));
    p.setColor(QPalette::HighlightedText, Qt::white);
    p.setColor(QPalette::Link, QColor(0x6a, 0xb7, 0xdd));
    p.setColor(QPalette::ToolTipBase, QColor(0x31, 0x36, 0x3d));
    p.setColor(QPalette::ToolTipText, QColor(0xe4, 0xe7, 0xeb));
    for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText}) {
        p.setColor(role, QColor(0xe4, 0xe7, 0xeb));
        p.setColor(QPalette::Disabled, role, QColor(0x76, 0x7d, 0x86));
    }
    p.setColor(QPalette::PlaceholderText, QColor(0x86, 0x8e, 0x98));
    p.setColor(QPalette::Disabled, QPalette::Highlight, QColor(0x44, 0x4a, 0x52));
    return p;
}

// Of the one application there is.
ColourScheme current = ColourScheme::System;
bool prefersDark = false;

QColor mix(const QColor& a, const QColor& b, double t) {
    const auto channel = [t](int x, int y) { return static_cast<int>(x + (y - x) * t); };
    return QColor(channel(a.red(), b.red()), channel(a.green(), b.green()), channel(a.blue(), b.blue()));
}

}  // namespace

void applyColourScheme(ColourScheme scheme) {
    current = scheme;
    // Read before the first setPalette: afterwards QApplication::palette() is ours.
    static const bool desktopHasOwn = QApplication::palette().color(QPalette::Window) !=
                                      QApplication::style()->standardPalette().color(QPalette::Window);
    switch (scheme) {
        case ColourScheme::System:
            // Unset, the desktop's own follows it when it changes.
            QApplication::setPalette(desktopHasOwn ? QPalette() : prefersDark ? darkPalette() : lightPalette());
            break;
        case ColourScheme::Light:
            QApplication::setPalette(lightPalette());
            break;
        case ColourScheme::Dark:
            QApplication::setPalette(darkPalette());
            break;
    }
}

void setDesktopPrefersDark(bool dark) {
    if (dark == std::exchange(prefersDark, dark)) return;
    if (current == ColourScheme::System) applyColourScheme(current);
}

bool isDark(const QPalette& palette) {
    return palette.color(QPalette::Base).lightness() < palette.color(QPalette::Text).lightness();
}

QColor mutedText(const QPalette& palette) {
    return mix(palette.color(QPalette::WindowText), palette.color(QPalette::Window), 0.38);
}

QColor hairline(const QPalette& palette) {
    return mix(palette.color(QPalette::Window), palette.color(QPalette::WindowText), isDark(palette) ? 0.18 : 0.14);
}

QColor accent(const QPalette& palette) {
    return palette.color(QPalette::Highlight);
}

QColor goodColour(const QPalette& palette) {
    return isDark(palette) ? QColor(0x5c, 0xc0, 0x7f) : QColor(0x1c, 0x7d, 0x43);
}

QColor warnColour(const QPalette& palette) {
    return isDark(palette) ? QColor(0xe5, 0xb0, 0x4b) : QColor(0x9a, 0x64, 0x00);
}

QColor badColour(const QPalette& palette) {
    return isDark(palette) ? QColor(0xf0, 0x7f, 0x74) : QColor(0xb4, 0x2a, 0x1f);
}

QColor seriesColour(int index, const QPalette& palette) {
    static constexpr std::array<QRgb, 8> kLight{0xff1b6e9b, 0xffc8561b, 0xff2f8f57, 0xff8a4fb0,
                                                0xffb3324f, 0xff8a7414, 0xff3f7f86, 0xff6b6f76};
    static constexpr std::array<QRgb, 8> kDark{0xff5fb3de, 0xfff0935a, 0xff6fca92, 0xffc08fe0,
                                               0xfff0788f, 0xffd5c05a, 0xff74c3c9, 0xffa9b0b8};
    const auto& colours = isDark(palette) ? kDark : kLight;
    return QColor(colours[static_cast<std::size_t>(index) % colours.size()]);
}

QColor tint(const QColor& colour, const QPalette& palette, double amount) {
    return mix(palette.color(QPalette::Base), colour, amount);
}

QFont monospace() {
    return QFontDatabase::systemFont(QFontDatabase::FixedFont);
}

QFont scaledFont(const QFont& base, double factor, QFont::Weight weight) {
    QFont font = base;
    if (base.pointSizeF() > 0) {
        font.setPointSizeF(base.pointSizeF() * factor);
    } else {
        font.setPixelSize(static_cast<int>(base.pixelSize() * factor));
    }
    font.setWeight(weight);
    return font;
}

}  // namespace plimsoll::ui
