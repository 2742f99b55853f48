// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QString>
#include <optional>

#include "convert/recipe.h"

// Conversions by name. Each is a line for the terminal, with SRC and DST for the paths.
namespace plimsoll::ui::presets {

struct Preset {
    QString name;
    QString line;
    bool isOwn = false;  // saved by the user
};

[[nodiscard]] const QList<Preset>& builtIn();
[[nodiscard]] QList<Preset> own();                     // by name
void save(const QString& name, const Recipe& recipe);  // takes the place of one of the same name
void remove(const QString& name);

// Of the last conversion that was started.
[[nodiscard]] std::optional<Preset> lastUsed();
void setLastUsed(const Recipe& recipe);

// Nothing where the line is none.
[[nodiscard]] std::optional<Recipe> recipeOf(const Preset& preset);

}  // namespace plimsoll::ui::presets
