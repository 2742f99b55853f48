// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/convert/convert_view.h"

#include <QHBoxLayout>
#include <QPushButton>
#include <QScrollArea>
#include <QVBoxLayout>
#include <utility>

#include "convert/command_line.h"
#include "jobs/dispose.h"
#include "jobs/unfinished.h"
#include "text/errors.h"
#include "text/text.h"
#include "views/convert/output_section.h"
#include "views/convert/plan_pane.h"
#include "views/convert/presets.h"
#include "views/convert/recipe_form.h"
#include "views/convert/run_pages.h"
#include "views/convert/run_pane.h"
#include "widgets/command_foot.h"
#include "widgets/hairline.h"
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
      planPane_(new PlanPane),
      pages_(new RunPages(planPane_)),
      foot_(new CommandFoot(QStringLiteral("commandLine"), QStringLiteral("copyCommand"))),
      start_(new PrimaryButton(tr("C&onvert"))) {
    setObjectName(QStringLiteral("convertView"));
    start_->setObjectName(QStringLiteral("convertStart"));
    auto* scroll = new QScrollArea;
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidgetResizable(true);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setWidget(form_);
    scroll->setFixedWidth(kFormWidth);
    scroll->setFocusPolicy(Qt::NoFocus);
    foot_->addButton(start_);
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
    column->addWidget(foot_);
    connectParts();
    updateButtons();
}

ConvertView::~ConvertView() = default;

void ConvertView::connectParts() {
    editing_.setSingleShot(true);
    editing_.setInterval(kEditingMs);
    connect(&editing_, &QTimer::timeout, this, &ConvertView::plan);
    connect(form_, &RecipeForm::changed, this, [this] {
        pages_->showPlan();
        planSoon();
    });
    connect(form_, &RecipeForm::ruleChosen, planPane_, &PlanPane::showRule);
    connect(planPane_, &PlanPane::discardRequested, this, &ConvertView::discard);
    connect(planPane_, &PlanPane::optionsRequested, this, &ConvertView::useLeftoverOptions);
    connect(start_, &QPushButton::clicked, this, &ConvertView::start);
}

void ConvertView::connectRun(RunPane* run) {
    connect(run, &RunPane::openRequested, this, &ConvertView::openRequested);
    connect(run, &RunPane::compareRequested, this, &ConvertView::compareRequested);
    connect(run, &RunPane::planRequested, this, [this, run] { backToPlan(*run); });
    connect(run, &RunPane::ended, this, [this, run] { ended(*run); });
}

bool ConvertView::isBusy() const {
    return pages_->isRunning();
}

void ConvertView::reveal(const QWidget* run) {
    if (const auto* pane = qobject_cast<const RunPane*>(run)) pages_->showRun(pane);
}

void ConvertView::setCheckpoint(std::shared_ptr<const Checkpoint> checkpoint) {
    editing_.stop();
    letGo();
    discarding_.abandon();
    if (auto asked = form_->recipe(); checkpoint_ && asked) {
        if (!form_->output().hasOwnDestination()) asked->destination.clear();
        before_ = {checkpoint_->path, std::move(*asked)};
    }
    checkpoint_ = std::move(checkpoint);
    isSourceChanged_ = false;
    pages_->clear();
    form_->output().setTaken({});
    planPane_->clear();
    foot_->setCommand({});
    form_->setSource(checkpoint_);
    if (checkpoint_) {
        fillIn();
        editing_.stop();
        plan();
    }
    updateButtons();
}

// What was begun and not finished comes first; then, where the file is read again, what was asked for.
void ConvertView::fillIn() {
    if (const auto recipe = unfinished::newestOf(checkpoint_->path))
        form_->setRecipe(*recipe);
    else if (const auto merged = unfinished::newestOf(form_->output().ranks()); merged && merged->tpMerge)
        form_->setRecipe(*merged);
    else if (before_ && before_->first == checkpoint_->path)
        form_->setRecipe(before_->second);
}

void ConvertView::setRecipe(const Recipe& recipe) {
    Recipe proposed = recipe;
    proposed.destination.clear();
    form_->setRecipe(proposed);
}

void ConvertView::refuseChangedSource() {
    isSourceChanged_ = true;
    showRefusal();
    updateButtons();
}

void ConvertView::resume(const QString& line) {
    const auto command = parseConvertCommand(line.toStdString());
    if (!checkpoint_ || !command) return;
    if (const RunPane* run = pages_->writerOf(command->recipe.destination)) return pages_->showRun(run);
    form_->setRecipe(command->recipe);
    editing_.stop();
    pages_->showPlan();
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
    foot_->setCommand(toText(convertCommandLine(sourcePath(recipe), recipe)));
}

void ConvertView::showProblem(const QString& text) {
    foot_->setCommand({});
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
    showRefusal();
    form_->setMatches(outcome.preview);
    planPane_->setOutcome(outcome, toText(checkpoint_->path), form_->rules());
    updateButtons();
    emit planShown();
    if (std::exchange(startPlanned_, false)) start();
}

void ConvertView::showRefusal() {
    const auto& refusal = outcome_.destination.refusal;
    const bool isTaken = outcome_.plan && pages_->writerOf(outcome_.plan->recipe.destination) != nullptr;
    form_->output().setRefusal(isSourceChanged_
                                   ? tr("The checkpoint has changed on the disk since it was opened. Reload it (F5).")
                               : isTaken ? tr("A conversion to it runs or waits. Name another destination.")
                               : refusal ? errorLine(*refusal, toText(checkpoint_->path))
                                         : QString());
}

void ConvertView::start() {
    const auto& plan = outcome_.plan;
    if (!start_->isEnabled()) return;
    presets::setLastUsed(plan->recipe);
    form_->presetsChanged();
    unfinished::remember(unfinished::lineOf(sourcePath(plan->recipe), plan->recipe), checkpoint_->path);
    RunPane* run = pages_->add(plan->recipe.destination);
    connectRun(run);
    run->start(plan, sourcePath(plan->recipe));
    form_->output().setTaken(pages_->liveDestinations());
    updateButtons();
}

void ConvertView::ended(const RunPane& run) {
    form_->output().setTaken(pages_->liveDestinations());
    if (run.isComplete()) {
        unfinished::forget(unfinished::lineOf(sourcePath(run.plan()->recipe), run.plan()->recipe));
        form_->makeWay();
    }
    updateButtons();
    if (checkpoint_) planSoon();
}

// Of one that did not come to its end the form may speak of another by now.
void ConvertView::backToPlan(const RunPane& run) {
    const bool isShown = outcome_.plan && outcome_.plan->recipe.destination == run.plan()->recipe.destination;
    if (!run.isComplete() && !isShown) form_->setRecipe(run.plan()->recipe);
    pages_->showPlan();
    if (outcome_.destination.refusal) planSoon();  // there may be room by now
}

void ConvertView::discard() {
    const auto plan = outcome_.plan;
    if (!plan || pages_->writerOf(plan->recipe.destination) != nullptr) return;
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
    const bool goesOn = outcome_.plan && outcome_.plan->recipe.resume;
    form_->setEnabled(checkpoint_ != nullptr);
    start_->setEnabled(outcome_.plan && !isSourceChanged_ && !outcome_.destination.refusal &&
                       pages_->writerOf(outcome_.plan->recipe.destination) == nullptr);
    start_->setText(goesOn ? tr("Res&ume") : tr("C&onvert"));
}

}  // namespace plimsoll::ui
