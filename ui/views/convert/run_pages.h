// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QTabBar>
#include <QWidget>
#include <string>

class QStackedWidget;

namespace plimsoll::ui {

class PlanPane;
class RunPane;

// The plan, and behind it a page for each conversion that was started here: those that wait, the one that runs, and
// those that have ended, until they are closed.
class RunPages final : public QWidget {
    Q_OBJECT
public:
    explicit RunPages(PlanPane* plan, QWidget* parent = nullptr);
    // An empty page in front; one that has ended at the same destination makes room for it.
    RunPane* add(const std::string& destination);
    void showPlan();
    void showRun(const RunPane* run);
    void clear();  // stops what runs
    [[nodiscard]] bool isRunning() const;
    // The one that writes there, or waits to; null: none.
    [[nodiscard]] RunPane* writerOf(const std::string& destination) const;
    [[nodiscard]] QStringList liveDestinations() const;

private:
    void take(int index);
    void updateTab(int index);  // of a run
    [[nodiscard]] QTabBar::ButtonPosition closeSide() const;

    QTabBar* bar_;
    QStackedWidget* stack_;
    QList<RunPane*> runs_;  // behind tabs 1, 2, ...
};

}  // namespace plimsoll::ui
