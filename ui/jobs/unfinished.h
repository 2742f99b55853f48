// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QString>
#include <optional>
#include <string>

#include "convert/recipe.h"

// Conversions that were started and did not come to their end: kept from the moment of the start, so that the next
// start of the program knows of them however this one ends.
namespace plimsoll::ui::unfinished {

struct Conversion {
    QString line;        // the plimsoll-cli call that does it, with its paths; no two have the same
    QString opened;      // what the window had open: the source, or one of the ranks that are put together
    bool begun = false;  // something of it is on the disk
};

// Two are the same where their lines are, whether they go on with something or not.
[[nodiscard]] QString lineOf(const std::string& source, const Recipe& recipe);

void remember(const QString& line, const std::string& opened);
void forget(const QString& line);
// The newest first, without those of another window that still runs. What has neither anything on the disk nor a source
// to begin with is forgotten.
[[nodiscard]] QList<Conversion> list();
// The newest of this source that has begun.
[[nodiscard]] std::optional<Recipe> newestOf(const std::string& source);

}  // namespace plimsoll::ui::unfinished
