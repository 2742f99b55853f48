// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

class QGridLayout;

namespace plimsoll::ui {

// Two columns: what, and its value, which can be selected and copied.
class FactGrid final : public QWidget {
    Q_OBJECT
public:
    explicit FactGrid(QWidget* parent = nullptr);
    void clear();
    void addRow(const QString& caption, const QString& value, bool monospaced = false);
    void addRow(const QString& caption, QWidget* value);  // takes ownership
    [[nodiscard]] QString value(const QString& caption) const;

private:
    QGridLayout* grid_;
};

}  // namespace plimsoll::ui
