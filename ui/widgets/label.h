// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QLabel>

namespace plimsoll::ui {

// A label with one of the program's text styles; follows palette changes. Text is plain and can be selected.
class Label final : public QLabel {
    Q_OBJECT
public:
    enum class Style { Body, Title, Heading, Figure, Muted, Mono, Good, Warning, Bad };

    explicit Label(Style style, const QString& text = {}, QWidget* parent = nullptr);
    void setStyle(Style style);

protected:
    void changeEvent(QEvent* event) override;

private:
    void applyStyle();
    Style style_;
    bool applying_ = false;
};

}  // namespace plimsoll::ui
