// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QFrame>

namespace plimsoll::ui {

// A strip that says that the file on the disk is no longer the one that is shown.
class ChangedBar final : public QFrame {
    Q_OBJECT
public:
    explicit ChangedBar(QWidget* parent = nullptr);

signals:
    void reloadRequested();

protected:
    void paintEvent(QPaintEvent* event) override;
};

}  // namespace plimsoll::ui
