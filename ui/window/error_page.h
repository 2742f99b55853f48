// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include "jobs/open_job.h"

class QPushButton;
class QVBoxLayout;

namespace plimsoll::ui {

class Banner;
class FactGrid;
class Label;

// Why a file did not open, in words: which file, where, what was found, what was expected, what to do.
class ErrorPage final : public QWidget {
    Q_OBJECT
public:
    explicit ErrorPage(QWidget* parent = nullptr);
    void setFailure(const OpenFailure& failure);
    // All of it as plain text, as "Copy details" puts it on the clipboard.
    [[nodiscard]] QString details() const { return details_; }

signals:
    void retryRequested();
    void openRequested();
    void scanRequested();
    void fileChosen(const QString& path);  // one of those that the folder holds

private:
    void offer(const QStringList& paths, const QString& folder);

    Label* headline_;
    FactGrid* facts_;
    Banner* globals_;
    QPushButton* scan_;
    QVBoxLayout* choices_;
    QString details_;
};

}  // namespace plimsoll::ui
