// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>
#include <functional>

#include "convert/recipe.h"
#include "views/convert/presets.h"

class QComboBox;
class QMenu;

namespace plimsoll::ui {

// Chooses, saves and removes presets.
class PresetBar final : public QWidget {
    Q_OBJECT
public:
    // `current`: what would be saved; nothing while it is not sound.
    explicit PresetBar(std::function<std::optional<Recipe>()> current, QWidget* parent = nullptr);
    void showNone();  // what is asked for is no preset's any more
    void refresh();   // presets were saved elsewhere

signals:
    void chosen(const plimsoll::Recipe& recipe);
    void resetRequested();

private:
    void choose(int index);
    void fillMenu();
    void save();
    void removeChosen();
    void readCommandLine();
    [[nodiscard]] const presets::Preset* chosenPreset() const;

    std::function<std::optional<Recipe>()> current_;
    QComboBox* box_;
    QMenu* menu_;
    QList<presets::Preset> shown_;
};

}  // namespace plimsoll::ui
