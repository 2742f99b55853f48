// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>
#include <memory>

#include "convert/plan.h"

class QTreeWidget;
class QTreeWidgetItem;

namespace plimsoll::ui {

class Banner;
class Label;
class StackedBar;

// What a conversion will do, before it does it.
class PlanPane final : public QWidget {
    Q_OBJECT
public:
    explicit PlanPane(QWidget* parent = nullptr);
    void setPlan(std::shared_ptr<const Plan> plan);
    void setProblem(const QString& text);
    [[nodiscard]] QString problem() const;

private:
    void fillDetails(const Plan& plan);
    QTreeWidgetItem* addSection(const QString& title, const QString& remark);

    Banner* problem_;
    QWidget* summary_;
    Label* before_;
    Label* after_;
    StackedBar* beforeBar_;
    StackedBar* afterBar_;
    Label* remark_;
    Label* changes_;
    QTreeWidget* details_;
};

}  // namespace plimsoll::ui
