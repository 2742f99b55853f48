// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QString>
#include <QWidget>
#include <functional>
#include <memory>

#include "checkpoint/checkpoint.h"

class QMenu;
class QVBoxLayout;

namespace plimsoll::ui {

// A checkpoint that may be compared with: one that another tab shows, or only its path.
struct OtherCheckpoint {
    QString path;
    std::shared_ptr<const Checkpoint> checkpoint;  // null: not open
};
using OtherCheckpoints = std::function<QList<OtherCheckpoint>()>;  // of other tabs

// What to compare with: open tabs, recent files, any file or folder. As a page while nothing is compared, and as the
// entries of a menu.
class CompareStart final : public QWidget {
    Q_OBJECT
public:
    explicit CompareStart(QWidget* parent = nullptr);
    void setOthers(OtherCheckpoints others) { others_ = std::move(others); }
    void setPath(const QString& path);  // of the checkpoint itself, which is not offered
    void fill(QMenu& menu);

signals:
    void chosen(const plimsoll::ui::OtherCheckpoint& other);

protected:
    void showEvent(QShowEvent* event) override;

private:
    void refresh();
    void askForFile();
    void askForFolder();
    [[nodiscard]] QList<OtherCheckpoint> offered() const;

    OtherCheckpoints others_;
    QString path_;
    QVBoxLayout* rows_;
};

}  // namespace plimsoll::ui
