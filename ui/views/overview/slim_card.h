// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QFrame>

#include "audit/audit.h"

namespace plimsoll::ui {

// One way to a smaller file: what it is, what it saves, what it costs, and the command that does it.
class SlimCard final : public QFrame {
    Q_OBJECT
public:
    SlimCard(const SlimOption& option, std::uint64_t fileBytes, QWidget* parent = nullptr);

signals:
    void recipeChosen(const plimsoll::Recipe& recipe);

protected:
    void paintEvent(QPaintEvent* event) override;
};

}  // namespace plimsoll::ui
