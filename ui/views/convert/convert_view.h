// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QTimer>
#include <QWidget>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "jobs/convert_job.h"

class QPushButton;

namespace plimsoll::ui {

class CommandFoot;
class PlanPane;
class RecipeForm;
class RunPages;
class RunPane;

// Turns the checkpoint into others: a form, the plan it makes, and the conversions that were started. While they run
// the form is free to plan another.
class ConvertView final : public QWidget {
    Q_OBJECT
public:
    explicit ConvertView(QWidget* parent = nullptr);
    ~ConvertView() override;
    void setCheckpoint(std::shared_ptr<const Checkpoint> checkpoint);  // null: nothing; stops what runs
    void setRecipe(const Recipe& recipe);
    // What its files hold is not what was read of them when they were opened: nothing can be started until
    // setCheckpoint().
    void refuseChangedSource();
    // Goes on with a conversion of this checkpoint that was stopped, as unfinished::Conversion::line says; where that
    // is not possible, its plan shows why.
    void resume(const QString& line);
    [[nodiscard]] bool isBusy() const;
    // The page of a conversion, where the widget is one.
    void reveal(const QWidget* run);

signals:
    void openRequested(const QString& path);
    void compareRequested(const QString& path);  // the result with this checkpoint
    void planShown();                            // a plan or why there is none

private:
    void connectParts();
    void planSoon();
    void plan();
    void showOutcome(const PlanOutcome& outcome);
    void showProblem(const QString& text);
    void showRefusal();
    void showCommand(const Recipe& recipe);
    void letGo();
    void fillIn();
    void start();
    void connectRun(RunPane* run);
    void ended(const RunPane& run);
    void backToPlan(const RunPane& run);
    void discard();
    void useLeftoverOptions();
    void updateButtons();
    [[nodiscard]] std::string sourcePath(const Recipe& recipe) const;

    RecipeForm* form_;
    PlanPane* planPane_;
    RunPages* pages_;
    CommandFoot* foot_;
    QPushButton* start_;
    QTimer editing_;
    std::shared_ptr<const Checkpoint> checkpoint_;
    PlanOutcome outcome_;  // of what the form says now; without a plan while it is being made
    bool isSourceChanged_ = false;
    std::optional<std::pair<std::string, Recipe>> before_;  // the form, of the checkpoint that was here last
    bool startPlanned_ = false;                             // the plan that is being made is to be run at once
    LatestJob<PlanJob> job_;
    LatestJob<DiscardJob> discarding_;
};

}  // namespace plimsoll::ui
