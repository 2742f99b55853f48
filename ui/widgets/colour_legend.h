// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QWidget>

namespace plimsoll::ui {

// What the colours of a map stand for, in lines from left to right.
class ColourLegend final : public QWidget {
    Q_OBJECT
public:
    struct Entry {
        QString name;
        QString remark;
        int colourIndex = 0;  // of mapColour
    };
    explicit ColourLegend(QWidget* parent = nullptr);
    void setEntries(const QList<Entry>& entries);
    [[nodiscard]] const QList<Entry>& entries() const noexcept { return entries_; }
    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override;
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    [[nodiscard]] int widthOf(const Entry& entry) const;
    [[nodiscard]] int lineHeight() const;
    QList<Entry> entries_;
};

}  // namespace plimsoll::ui
