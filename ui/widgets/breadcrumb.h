// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QStringList>
#include <QWidget>

class QHBoxLayout;

namespace plimsoll::ui {

// A path whose steps can be pressed; the last one is where one is. Where it does not fit, the first steps after the
// start make place.
class Breadcrumb final : public QWidget {
    Q_OBJECT
public:
    explicit Breadcrumb(QWidget* parent = nullptr);
    void setPath(const QStringList& steps);

signals:
    void chosen(int step);

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    void fill();
    QStringList steps_;
    QHBoxLayout* row_;
};

}  // namespace plimsoll::ui
