// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QFrame>

class QLabel;

namespace plimsoll::ui {

// A message in place: a tinted strip with a coloured edge. Hidden while it has no text.
class Banner final : public QFrame {
    Q_OBJECT
public:
    enum class Kind { Info, Good, Warning, Error };

    explicit Banner(QWidget* parent = nullptr);
    void show(Kind kind, const QString& text);
    void clear();
    [[nodiscard]] QString text() const;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    [[nodiscard]] QColor colour() const;
    QLabel* label_;
    Kind kind_ = Kind::Info;
};

}  // namespace plimsoll::ui
