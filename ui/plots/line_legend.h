// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

namespace plimsoll::ui {

// Says what solid, dashed and dotted lines stand for.
class LineLegend final : public QWidget {
    Q_OBJECT
public:
    explicit LineLegend(QWidget* parent = nullptr);
    void setDeviceShown(bool shown);
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    struct Entry {
        Qt::PenStyle style;
        QString text;
    };
    [[nodiscard]] QList<Entry> entries() const;
    bool device_ = false;
};

}  // namespace plimsoll::ui
