// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/convert/preset_bar.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QInputDialog>
#include <QLabel>
#include <QMenu>
#include <QMessageBox>
#include <QToolButton>
#include <utility>

#include "convert/command_line.h"
#include "text/text.h"

namespace plimsoll::ui {

PresetBar::PresetBar(std::function<std::optional<Recipe>()> current, QWidget* parent)
    : QWidget(parent), current_(std::move(current)), box_(new QComboBox), menu_(new QMenu(this)) {
    box_->setObjectName(QStringLiteral("presetBox"));
    box_->setAccessibleName(tr("Preset"));
    box_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    box_->setMinimumContentsLength(20);
    auto* label = new QLabel(tr("&Preset"));
    label->setBuddy(box_);
    auto* more = new QToolButton;
    more->setObjectName(QStringLiteral("presetMenu"));
    more->setText(QStringLiteral("⋯"));
    more->setAccessibleName(tr("Save, remove or read presets"));
    more->setToolTip(more->accessibleName());
    more->setPopupMode(QToolButton::InstantPopup);
    more->setMenu(menu_);
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->addWidget(label);
    row->addWidget(box_, 1);
    row->addWidget(more);
    connect(box_, &QComboBox::activated, this, &PresetBar::choose);
    connect(menu_, &QMenu::aboutToShow, this, &PresetBar::fillMenu);
    fillMenu();  // a menu without entries does not open
    refresh();
}

void PresetBar::refresh() {
    const QString name = box_->currentIndex() > 0 ? box_->currentText() : QString();
    box_->clear();
    shown_ = presets::builtIn();
    if (const auto last = presets::lastUsed()) shown_ << *last;
    shown_ << presets::own();
    box_->addItem(tr("none"));
    for (const presets::Preset& preset : shown_) {
        box_->addItem(preset.name);
        box_->setItemData(box_->count() - 1, preset.line, Qt::ToolTipRole);
    }
    box_->setCurrentIndex(std::max(0, box_->findText(name)));
}

void PresetBar::showNone() {
    box_->setCurrentIndex(0);
}

const presets::Preset* PresetBar::chosenPreset() const {
    const int index = box_->currentIndex() - 1;
    return index >= 0 && index < shown_.size() ? &shown_[index] : nullptr;
}

void PresetBar::choose(int index) {
    if (index == 0) {
        emit resetRequested();
        return;
    }
    const presets::Preset* preset = chosenPreset();
    if (preset == nullptr) return;
    if (const auto recipe = presets::recipeOf(*preset)) emit chosen(*recipe);
}

void PresetBar::fillMenu() {
    menu_->clear();
    menu_->addAction(tr("&Save as a preset…"), this, &PresetBar::save);
    const presets::Preset* preset = chosenPreset();
    auto* remove = menu_->addAction(
        preset != nullptr && preset->isOwn ? tr("&Remove “%1”").arg(preset->name) : tr("&Remove the chosen preset"),
        this, &PresetBar::removeChosen);
    remove->setEnabled(preset != nullptr && preset->isOwn);
    menu_->addSeparator();
    menu_->addAction(tr("From a &command line…"), this, &PresetBar::readCommandLine);
    menu_->addAction(tr("&Back to the defaults"), this, [this] {
        showNone();
        emit resetRequested();
    });
}

void PresetBar::save() {
    const auto recipe = current_();
    if (!recipe) {
        QMessageBox::information(this, tr("Save as a preset"), tr("What is asked for is not complete yet."));
        return;
    }
    const QString name = QInputDialog::getText(this, tr("Save as a preset"), tr("Name of the preset:")).trimmed();
    if (name.isEmpty()) return;
    presets::save(name, *recipe);
    refresh();
    box_->setCurrentIndex(box_->findText(name));
}

void PresetBar::removeChosen() {
    const presets::Preset* preset = chosenPreset();
    if (preset == nullptr || !preset->isOwn) return;
    presets::remove(preset->name);
    refresh();
}

void PresetBar::readCommandLine() {
    const QString line = QInputDialog::getText(this, tr("From a command line"),
                                               tr("plimsoll-cli convert SRC DST …, as it is typed in a terminal:"));
    if (line.trimmed().isEmpty()) return;
    auto command = parseConvertCommand(line.toStdString());
    if (!command) {
        QMessageBox::warning(this, tr("From a command line"), toText(command.error().what));
        return;
    }
    command->recipe.destination.clear();
    showNone();
    emit chosen(command->recipe);
}

}  // namespace plimsoll::ui
