// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

class QProgressBar;

namespace plimsoll::ui {

class Label;

// While a file is being opened.
class LoadingPage final : public QWidget {
    Q_OBJECT
public:
    explicit LoadingPage(QWidget* parent = nullptr);
    void setFile(const QString& path);

signals:
    void cancelRequested();

private:
    Label* text_;
};

}  // namespace plimsoll::ui
