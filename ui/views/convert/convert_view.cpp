// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/convert/convert_view.h"

#include <QApplication>
#include <QClipboard>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QPushButton>
#include <QScrollArea>
#include <QStackedWidget>
#include <QVBoxLayout>
#include <utility>

#include "convert/command_line.h"
#include "jobs/dispose.h"
#include "jobs/unfinished.h"
#include "text/errors.h"
#include "text/text.h"
#include "theme/theme.h"
#include "views/convert/output_section.h"
#include "views/convert/plan_pane.h"
#include "views/convert/presets.h"
#include "views/convert/recipe_form.h"
#include "views/convert/run_pane.h"
#include "widgets/hairline.h"
#include "widgets/label.h"
#include "widgets/primary_button.h"

namespace plimsoll::ui {
namespace {
constexpr int kEditingMs = 150;
constexpr int kPlanningShownMs = 400;  // a plan that is made sooner does not flicker
constexpr int kFormWidth = 430;
}  // namespace

ConvertView::ConvertView(QWidget* parent)
    : QWidget(parent),
      form_(new RecipeForm),
      pages_(new QStackedWidget),
      planPane_(new PlanPane),
      runPane_(new RunPane),
      command_(new QLineEdit),
      start_(new PrimaryButton(tr("C&onvert"))) {
    setObjectName(QStringLiteral("convertView"));
    auto* scroll = new QScrollArea;
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidgetResizable(true);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setWidget(form_);
    scroll->setFixedWidth(kFormWidth);
    scroll->setFocusPolicy(Qt::NoFocus);
    pages_->setObjectName(QStringLiteral("convertPages"));
    pages_->setContentsMargins(16, 14, 16, 10);
    pages_->addWidget(planPane_);
    pages_->addWidget(runPane_);
    auto* row = new QHBoxLayout;
    row->setSpacing(0);
    row->addWidget(scroll);
    row->addWidget(new Hairline(Qt::Vertical));
    row->addWidget(pages_, 1);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addLayout(row, 1);
    column->addWidget(new Hairline(Qt::Horizontal));
    column->addWidget(buildFoot());
    connectParts();
    updateButtons();
}

ConvertView::~ConvertView() = default;

QWidget* ConvertView::buildFoot() {
    start_->setObjectName(QStringLiteral("convertStart"));
    command_->setObjectName(QStringLiteral("commandLine"));
    command_->setAccessibleName(tr("The same on the command line"));
    command_->setReadOnly(true);
    command_->setFont(scaledFont(monospace(), 0.95));
    auto* copy = new QPushButton(tr("Cop&y"));
    copy->setObjectName(QStringLiteral("copyCommand"));
    copy->setToolTip(tr("Copy the command line that does the same"));
    connect(copy, &QPushButton::clicked, this, [this] { QApplication::clipboard()->setText(command_->text()); });
    auto* foot = new QWidget;
    auto* line = new QHBoxLayout(foot);
    line->setContentsMargins(16, 9, 16, 10);
    line->addWidget(new Label(Label::Style::Muted, tr("In a terminal")));
    line->addWidget(command_, 1);
    line->addWidget(copy);
    line->addSpacing(12);
    line->addWidget(start_);
    return foot;
}

void ConvertView::connectParts() {
    editing_.setSingleShot(true);
    editing_.setInterval(kEditingMs);
    connect(&editing_, &QTimer::timeout, this, &ConvertView::plan);
    connect(form_, &RecipeForm::changed, this, [this] {
        pages_->setCurrentWidget(planPane_);
        planSoon();
    });
    connect(form_, &RecipeForm::ruleChosen, planPane_, &PlanPane::showRule);
    connect(planPane_, &PlanPane::discardRequested, this, &ConvertView::discard);
    connect(planPane_, &PlanPane::optionsRequested, this, &ConvertView::useLeftoverOptions);
    connect(start_, &QPushButton::clicked, this, &ConvertView::start);
    connect(runPane_, &RunPane::openRequested, this, &ConvertView::openRequested);
    connect(runPane_, &RunPane::compareRequested, this, &ConvertView::compareRequested);
    connect(runPane_, &RunPane::planRequested, this, [this] { pages_->setCurrentWidget(planPane_); });
    connect(runPane_, &RunPane::ended, this, &ConvertView::ended);
}

bool ConvertView::isBusy() const {
    return runPane_->isRunning();
}

void ConvertView::setCheckpoint(std::shared_ptr<const Checkpoint> checkpoint) {
    editing_.stop();
    letGo();
    discarding_.abandon();
    checkpoint_ = std::move(checkpoint);
    runPane_->reset();
    planPane_->clear();
    pages_->setCurrentWidget(planPane_);
    command_->clear();
    form_->setSource(checkpoint_);
    if (checkpoint_) {
        // What was begun and not finished comes first.
        if (const auto recipe = unfinished::newestOf(checkpoint_->path))
            form_->setRecipe(*recipe);
        else if (const auto merged = unfinished::newestOf(form_->output().ranks()); merged && merged->tpMerge)
            form_->setRecipe(*merged);
        editing_.stop();
        plan();
    }
    updateButtons();
}

void ConvertView::setRecipe(const Recipe& recipe) {
    if (runPane_->isRunning()) return;
    Recipe proposed = recipe;
    proposed.destination.clear();
    form_->setRecipe(proposed);
}

void ConvertView::resume(const QString& line) {
    const auto command = parseConvertCommand(line.toStdString());
    if (!checkpoint_ || !command || runPane_->isRunning()) return;
    form_->setRecipe(command->recipe);
    editing_.stop();
    pages_->setCurrentWidget(planPane_);
    plan();
    startPlanned_ = true;
}

// Freeing the plan of a million tensors is not for this thread.
void ConvertView::letGo() {
    job_.abandon();
    PlanOutcome before = std::exchange(outcome_, {});
    dispose(std::move(before.plan));
    dispose(std::move(before.preview));
}

void ConvertView::planSoon() {
    letGo();  // it is no longer what the form says
    startPlanned_ = false;
    updateButtons();
    editing_.start();
}

std::string ConvertView::sourcePath(const Recipe& recipe) const {
    return recipe.tpMerge ? form_->output().ranks() : checkpoint_->path;
}

void ConvertView::showCommand(const Recipe& recipe) {
    command_->setText(toText(convertCommandLine(sourcePath(recipe), recipe)));
    command_->setCursorPosition(0);
    command_->setToolTip(command_->text());
}

void ConvertView::showProblem(const QString& text) {
    command_->clear();
    planPane_->clear();
    planPane_->setProblem(text);
    form_->output().setRefusal({});
    form_->setMatches(nullptr);
    emit planShown();
}

void ConvertView::plan() {
    if (!checkpoint_) return;
    const auto recipe = form_->recipe();
    if (!recipe) return showProblem(errorLine(recipe.error(), toText(checkpoint_->path)));
    if (recipe->destination.empty()) return showProblem(tr("Name a destination."));
    showCommand(*recipe);
    auto* job = job_.replace(new PlanJob(this));
    connect(job, &PlanJob::planned, this, &ConvertView::showOutcome);
    QTimer::singleShot(kPlanningShownMs, job, [this, job] {
        if (job_.get() == job) planPane_->follow(job);
    });
    job->plan(checkpoint_, *recipe, sourcePath(*recipe));
}

void ConvertView::showOutcome(const PlanOutcome& outcome) {
    outcome_ = outcome;
    if (outcome.problem && outcome.problem->code == Errc::Cancelled) {
        showProblem(tr("Planning was stopped. Change something to plan again."));
        updateButtons();
        return;
    }
    if (outcome.plan) showCommand(outcome.plan->recipe);
    const auto& refusal = outcome.destination.refusal;
    form_->output().setRefusal(refusal ? errorLine(*refusal, toText(checkpoint_->path)) : QString());
    form_->setMatches(outcome.preview);
    planPane_->setOutcome(outcome, toText(checkpoint_->path), form_->rules());
    updateButtons();
    emit planShown();
    if (std::exchange(startPlanned_, false)) start();
}

void ConvertView::start() {
    const auto& plan = outcome_.plan;
    if (!start_->isEnabled()) return;
    presets::setLastUsed(plan->recipe);
    form_->presetsChanged();
    unfinished::remember(unfinished::lineOf(sourcePath(plan->recipe), plan->recipe), checkpoint_->path);
    runPane_->start(plan, sourcePath(plan->recipe));
    pages_->setCurrentWidget(runPane_);
    updateButtons();
}

void ConvertView::ended(const std::shared_ptr<const Plan>& plan, bool complete) {
    if (complete) unfinished::forget(unfinished::lineOf(sourcePath(plan->recipe), plan->recipe));
    if (complete) form_->makeWay();
    updateButtons();
    if (checkpoint_) planSoon();
}

void ConvertView::discard() {
    const auto plan = outcome_.plan;
    if (!plan || runPane_->isRunning()) return;
    letGo();
    updateButtons();
    auto* job = discarding_.replace(new DiscardJob(this));
    connect(job, &DiscardJob::discarded, this, [this, plan] {
        unfinished::forget(unfinished::lineOf(sourcePath(plan->recipe), plan->recipe));
        planSoon();
    });
    connect(job, &DiscardJob::failed, this,
            [this](const Error& error) { showProblem(errorLine(error, toText(checkpoint_->path))); });
    job->discard(plan);
}

void ConvertView::useLeftoverOptions() {
    if (!outcome_.plan || !outcome_.destination.leftover) return;
    auto command = parseConvertCommand(outcome_.destination.leftover->command);
    if (!command) return;
    command->recipe.destination = outcome_.plan->recipe.destination;
    command->recipe.overwrite = outcome_.plan->recipe.overwrite;
    form_->setRecipe(command->recipe);
}

void ConvertView::updateButtons() {
    const bool isIdle = !runPane_->isRunning();
    const bool goesOn = outcome_.plan && outcome_.plan->recipe.resume;
    form_->setEnabled(checkpoint_ != nullptr && isIdle);
    start_->setEnabled(outcome_.plan && !outcome_.destination.refusal && isIdle);
    start_->setText(goesOn ? tr("Res&ume") : tr("C&onvert"));
}

}  // namespace plimsoll::ui
