// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QStringList>
#include <QWidget>

class QVBoxLayout;

namespace plimsoll::ui {

class Label;

// What the window shows without a checkpoint: what to do, and what was open before.
class EmptyPage final : public QWidget {
    Q_OBJECT
public:
    explicit EmptyPage(QWidget* parent = nullptr);
    void setRecent(const QStringList& paths);

signals:
    void openRequested();
    void folderRequested();
    void fileChosen(const QString& path);

private:
    QWidget* recent_;
    QVBoxLayout* recentRows_;
};

}  // namespace plimsoll::ui
