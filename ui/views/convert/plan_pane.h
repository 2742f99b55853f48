// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>
#include <memory>
#include <vector>

#include "jobs/convert_job.h"
#include "models/rule_row.h"

class QPushButton;

namespace plimsoll::ui {

class Banner;
class DetailsTabs;
class Label;
class LossPane;
class PreviewPane;
class RunStrip;
class StackedBar;

// What a conversion will do, before it does it: sizes, every tensor before and after, files, what is left out, and on
// demand what the casts cost. Offers to go on with an interrupted conversion where there is one.
class PlanPane final : public QWidget {
    Q_OBJECT
public:
    explicit PlanPane(QWidget* parent = nullptr);
    void follow(Job* job);  // a plan is being made
    void setOutcome(const PlanOutcome& outcome, const QString& sourcePath, const QList<RuleRow>& rules);
    void setProblem(const QString& text);
    void clear();
    void showRule(int row);  // what this rule matches; -1: everything
    [[nodiscard]] PreviewPane& preview() { return *preview_; }

signals:
    void discardRequested();
    void optionsRequested();  // those that the interrupted conversion was started with

private:
    void show(const PlanOutcome& outcome, const QList<RuleRow>& rules);
    void buildSummary();
    void buildLeftover();
    void showSizes(const Plan& plan, const DestinationState& destination);
    void showLeftover(const Plan& plan, const DestinationState& destination);
    [[nodiscard]] static QString changesText(const Plan& plan);

    RunStrip* strip_;
    Banner* problem_;
    QWidget* leftover_;
    Banner* leftoverText_;
    QPushButton* discard_;
    QPushButton* useOptions_;
    QWidget* summary_;
    Label* before_;
    Label* after_;
    StackedBar* beforeBar_;
    StackedBar* afterBar_;
    Label* remark_;
    Label* changes_;
    DetailsTabs* tabs_;
    PreviewPane* preview_;
    LossPane* loss_;
    std::vector<std::shared_ptr<const void>> shown_;  // what the lists are over
};

}  // namespace plimsoll::ui
