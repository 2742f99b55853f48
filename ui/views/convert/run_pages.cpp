// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/convert/run_pages.h"

#include <QStackedWidget>
#include <QStyle>
#include <QVBoxLayout>
#include <algorithm>

#include "text/text.h"
#include "views/convert/plan_pane.h"
#include "views/convert/run_pane.h"

namespace plimsoll::ui {
namespace {

constexpr int kMostEnded = 8;  // each holds its plan

QString placeOf(const std::string& destination) {
    return absolutePath(toText(destination));
}

// An ampersand in a file's name is no shortcut.
QString tabTextOf(const RunPane& run) {
    return run.stateText().replace(QLatin1Char('&'), QStringLiteral("&&"));
}

}  // namespace

RunPages::RunPages(PlanPane* plan, QWidget* parent) : QWidget(parent), bar_(new QTabBar), stack_(new QStackedWidget) {
    bar_->setObjectName(QStringLiteral("conversionTabs"));
    bar_->setAccessibleName(tr("The plan and the conversions"));
    bar_->setDrawBase(false);
    bar_->setExpanding(false);
    bar_->setTabsClosable(true);
    bar_->setElideMode(Qt::ElideNone);  // names are short already, and states must be seen
    bar_->setUsesScrollButtons(true);
    stack_->setObjectName(QStringLiteral("convertPages"));
    stack_->addWidget(plan);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(16, 14, 16, 10);
    column->setSpacing(10);
    column->addWidget(bar_);
    column->addWidget(stack_, 1);
    bar_->addTab(tr("Plan"));
    bar_->setTabButton(0, closeSide(), nullptr);
    bar_->hide();
    connect(bar_, &QTabBar::currentChanged, stack_, &QStackedWidget::setCurrentIndex);
    connect(bar_, &QTabBar::tabCloseRequested, this, &RunPages::take);
}

RunPane* RunPages::add(const std::string& destination) {
    const auto isEnded = [](const RunPane* run) { return !run->isRunning(); };
    for (int i = static_cast<int>(runs_.size()) - 1; i >= 0; --i)
        if (isEnded(runs_[i]) && runs_[i]->place() == placeOf(destination)) take(i + 1);
    while (std::count_if(runs_.begin(), runs_.end(), isEnded) >= kMostEnded)
        take(static_cast<int>(std::find_if(runs_.begin(), runs_.end(), isEnded) - runs_.begin()) + 1);
    auto* run = new RunPane(placeOf(destination));
    runs_.append(run);
    stack_->addWidget(run);
    const int index = bar_->addTab(tabTextOf(*run));
    bar_->setTabToolTip(index, run->place());
    bar_->show();
    connect(run, &RunPane::stateChanged, this, [this, run] { updateTab(static_cast<int>(runs_.indexOf(run)) + 1); });
    bar_->setCurrentIndex(index);
    return run;
}

void RunPages::showPlan() {
    bar_->setCurrentIndex(0);
}

void RunPages::showRun(const RunPane* run) {
    for (int i = 0; i < runs_.size(); ++i)
        if (runs_[i] == run) bar_->setCurrentIndex(i + 1);
}

void RunPages::clear() {
    while (!runs_.isEmpty()) take(static_cast<int>(runs_.size()));
}

bool RunPages::isRunning() const {
    return std::any_of(runs_.begin(), runs_.end(), [](const RunPane* run) { return run->isRunning(); });
}

RunPane* RunPages::writerOf(const std::string& destination) const {
    for (RunPane* run : runs_)
        if (run->isRunning() && run->place() == placeOf(destination)) return run;
    return nullptr;
}

QStringList RunPages::liveDestinations() const {
    QStringList places;
    for (const RunPane* run : runs_)
        if (run->isRunning()) places << run->place();
    return places;
}

// A tab, with its page.
void RunPages::take(int index) {
    RunPane* run = runs_.takeAt(index - 1);
    stack_->removeWidget(run);
    bar_->removeTab(index);
    bar_->setVisible(!runs_.isEmpty());
    stack_->setCurrentIndex(bar_->currentIndex());
    run->retire();
}

// What runs is cancelled on its page, not closed.
void RunPages::updateTab(int index) {
    const RunPane* run = runs_[index - 1];
    const QString text = tabTextOf(*run);
    if (bar_->tabText(index) != text) bar_->setTabText(index, text);
    if (QWidget* close = bar_->tabButton(index, closeSide()); close != nullptr) close->setVisible(!run->isRunning());
}

QTabBar::ButtonPosition RunPages::closeSide() const {
    return static_cast<QTabBar::ButtonPosition>(
        bar_->style()->styleHint(QStyle::SH_TabBar_CloseButtonPosition, nullptr, bar_));
}

}  // namespace plimsoll::ui
