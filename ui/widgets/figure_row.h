// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QWidget>
#include <utility>

class QGridLayout;

namespace plimsoll::ui {

// Small figures side by side, each under its name.
class FigureRow final : public QWidget {
    Q_OBJECT
public:
    explicit FigureRow(QWidget* parent = nullptr);
    void setFigures(const QList<std::pair<QString, QString>>& captionsAndValues);
    [[nodiscard]] QString value(const QString& caption) const;  // empty where there is none

private:
    QGridLayout* grid_;
    QList<std::pair<QString, QString>> figures_;
};

}  // namespace plimsoll::ui
