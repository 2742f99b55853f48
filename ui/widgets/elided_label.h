// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

namespace plimsoll::ui {

// One line of text that is cut in the middle where it does not fit; the whole text is its tool tip.
class ElidedLabel final : public QWidget {
    Q_OBJECT
public:
    ElidedLabel(double fontScale, QFont::Weight weight, bool muted, QWidget* parent = nullptr);
    void setText(const QString& text);
    [[nodiscard]] QString text() const { return text_; }
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    QString text_;
    bool muted_;
};

}  // namespace plimsoll::ui
