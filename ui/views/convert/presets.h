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

// Conversions that were started and did not come to their end, as lines with their paths: what a later start of the
// program offers to resume.
void setUnfinished(const std::string& source, const Recipe& recipe, bool isUnfinished);
// Of this source, as far as something of it is left on the disk; the newest. Forgets what has gone.
[[nodiscard]] std::optional<Recipe> unfinishedOf(const std::string& source);

}  // namespace plimsoll::ui::presets
