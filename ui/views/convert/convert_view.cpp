// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/convert/convert_view.h"

#include <QApplication>
#include <QClipboard>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QPushButton>
#include <QScrollArea>
#include <QVBoxLayout>

#include "convert/command_line.h"
#include "text/errors.h"
#include "text/text.h"
#include "theme/theme.h"
#include "views/convert/plan_pane.h"
#include "views/convert/recipe_form.h"
#include "views/convert/run_pane.h"
#include "widgets/hairline.h"
#include "widgets/label.h"
#include "widgets/primary_button.h"

namespace plimsoll::ui {
namespace {
constexpr int kEditingMs = 150;
constexpr int kFormWidth = 400;
}  // namespace

ConvertView::ConvertView(QWidget* parent)
    : QWidget(parent),
      form_(new RecipeForm),
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

    start_->setObjectName(QStringLiteral("convertStart"));
    command_->setObjectName(QStringLiteral("commandLine"));
    command_->setAccessibleName(tr("The same on the command line"));
    command_->setReadOnly(true);
    command_->setFont(scaledFont(monospace(), 0.95));
    auto* copy = new QPushButton(tr("Copy"));
    copy->setToolTip(tr("Copy the command line that does the same"));
    auto* line = new QHBoxLayout;
    line->addWidget(new Label(Label::Style::Muted, tr("In a terminal")));
    line->addWidget(command_, 1);
    line->addWidget(copy);
    line->addSpacing(12);
    line->addWidget(start_);

    auto* right = new QVBoxLayout;
    right->setContentsMargins(16, 14, 16, 14);
    right->setSpacing(12);
    right->addWidget(planPane_, 1);
    right->addWidget(runPane_, 1);
    right->addLayout(line);
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(0);
    row->addWidget(scroll);
    row->addWidget(new Hairline);
    row->addLayout(right, 1);

    editing_.setSingleShot(true);
    editing_.setInterval(kEditingMs);
    connect(&editing_, &QTimer::timeout, this, &ConvertView::plan);
    connect(form_, &RecipeForm::changed, this, &ConvertView::planSoon);
    connect(start_, &QPushButton::clicked, this, &ConvertView::start);
    connect(copy, &QPushButton::clicked, this, [this] { QApplication::clipboard()->setText(command_->text()); });
    connect(runPane_, &RunPane::openRequested, this, &ConvertView::openRequested);
    connect(runPane_, &RunPane::stateChanged, this, [this] {
        updateButtons();
        if (!runPane_->isRunning()) form_->proposeDestination();
        if (!runPane_->isRunning() && checkpoint_) planSoon();
    });
    updateButtons();
}

ConvertView::~ConvertView() = default;

bool ConvertView::isBusy() const {
    return runPane_->isRunning();
}

void ConvertView::setCheckpoint(std::shared_ptr<const Checkpoint> checkpoint) {
    editing_.stop();
    job_.abandon();
    plan_ = nullptr;
    checkpoint_ = std::move(checkpoint);
    runPane_->reset();
    planPane_->setPlan(nullptr);
    command_->clear();
    form_->setSource(checkpoint_);
    if (checkpoint_) plan();
    updateButtons();
}

void ConvertView::setRecipe(const Recipe& recipe) {
    if (!runPane_->isRunning()) form_->setRecipe(recipe);
}

void ConvertView::planSoon() {
    job_.abandon();  // what it plans is no longer what the form says
    plan_ = nullptr;
    updateButtons();
    editing_.start();
}

void ConvertView::plan() {
    if (!checkpoint_) return;
    const Recipe recipe = form_->recipe();
    command_->setText(toText(convertCommandLine(checkpoint_->path, recipe)));
    command_->setCursorPosition(0);
    command_->setToolTip(command_->text());
    if (recipe.destination.empty()) {
        planPane_->setProblem(tr("Name a destination."));
        emit planShown();
        return;
    }
    auto* job = job_.replace(new PlanJob(this));
    connect(job, &PlanJob::planned, this, [this](const std::shared_ptr<const Plan>& plan) {
        plan_ = plan;
        planPane_->setPlan(plan);
        updateButtons();
        emit planShown();
    });
    connect(job, &PlanJob::failed, this, [this](const Error& error) {
        planPane_->setProblem(errorLine(error, toText(checkpoint_->path)));
        emit planShown();
    });
    job->plan(checkpoint_, recipe);
}

void ConvertView::start() {
    if (!plan_ || runPane_->isRunning()) return;
    runPane_->start(plan_);
}

void ConvertView::updateButtons() {
    form_->setEnabled(checkpoint_ != nullptr && !runPane_->isRunning());
    start_->setEnabled(plan_ != nullptr && !runPane_->isRunning());
}

}  // namespace plimsoll::ui
