// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/inspect/colour_box.h"

#include <QSettings>

namespace plimsoll::ui {
namespace {

const QString kColourKey = QStringLiteral("inspect/colourBy");

int remembered() {
    return static_cast<int>(QSettings().value(kColourKey, 0).toInt() == 1 ? ColourBy::DType : ColourBy::Part);
}

}  // namespace

ColourBox::ColourBox(QWidget* parent) : QComboBox(parent) {
    setAccessibleName(tr("Colours by"));
    setToolTip(tr("What the colours tell"));
    addItem(tr("Colours: part of the model"));
    addItem(tr("Colours: data type"));
    setCurrentIndex(remembered());
    connect(this, &QComboBox::currentIndexChanged, this, [this](int index) {
        QSettings().setValue(kColourKey, index);
        emit chosen(colourBy());
    });
}

void ColourBox::showEvent(QShowEvent* event) {
    setCurrentIndex(remembered());
    QComboBox::showEvent(event);
}

}  // namespace plimsoll::ui
