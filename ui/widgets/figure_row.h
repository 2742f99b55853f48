// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QWidget>
#include <utility>

#include "widgets/label.h"

namespace plimsoll::ui {

// Small figures side by side, each under its name; in several lines where one has no room.
class FigureRow final : public QWidget {
    Q_OBJECT
public:
    explicit FigureRow(QWidget* parent = nullptr);
    void setFigures(const QList<std::pair<QString, QString>>& captionsAndValues);
    void mark(const QString& caption, Label::Style style);      // of the value under it
    [[nodiscard]] QString value(const QString& caption) const;  // empty where there is none
    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override;
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    bool event(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    // The height that the figures take in this width; moves them there where `place`.
    int arrange(int width, bool place) const;

    QList<QWidget*> cells_;
    QList<Label*> values_;
    QList<std::pair<QString, QString>> figures_;
};

}  // namespace plimsoll::ui
