// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

namespace plimsoll::ui {

class ElidedLabel;
class Label;
class ViewSwitch;

// The strip under the menu: which file is open, and the switch between the views.
class HeaderBar final : public QWidget {
    Q_OBJECT
public:
    explicit HeaderBar(QWidget* parent = nullptr);
    void setFile(const QString& title, const QString& summary, const QString& path);
    [[nodiscard]] ViewSwitch* viewSwitch() const noexcept { return switch_; }

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    ElidedLabel* title_;
    ElidedLabel* summary_;
    ViewSwitch* switch_;
};

}  // namespace plimsoll::ui
