// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QIcon>
#include <QWidget>
#include <string>
#include <vector>

class QCheckBox;

namespace plimsoll::ui {

// The load strategies to run, each with its colour and one line that says what it does.
class StrategyList final : public QWidget {
    Q_OBJECT
public:
    explicit StrategyList(QWidget* parent = nullptr);
    [[nodiscard]] std::vector<std::string> chosen() const;
    void setChosen(const QString& name, bool on);
    void chooseAll(bool on);

signals:
    void changed();

private:
    std::vector<QCheckBox*> boxes_;
};

// The colour index of a strategy, the same in every place.
[[nodiscard]] int strategyColour(std::string_view name);
[[nodiscard]] QIcon strategySwatch(std::string_view name, const QPalette& palette);

}  // namespace plimsoll::ui
