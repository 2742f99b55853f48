// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractButton>

namespace plimsoll::ui {

// A row that can be pressed: a link-coloured text and a muted remark after it, both elided to the width.
class LinkButton final : public QAbstractButton {
    Q_OBJECT
public:
    static constexpr int kPad = 6;  // pixels between its edges and its texts

    LinkButton(const QString& text, const QString& remark, QWidget* parent = nullptr);
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;
    void enterEvent(QEnterEvent* event) override;
    void leaveEvent(QEvent* event) override;

private:
    QString remark_;
};

}  // namespace plimsoll::ui
