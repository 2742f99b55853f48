// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QTabWidget>
#include <memory>

#include "convert/plan.h"

namespace plimsoll::ui {

class DataTable;

// The lists of a plan, as tabs with their counts: files, what is left out, notes. Models over the plan: any number of
// lines costs nothing.
class DetailsTabs final : public QTabWidget {
    Q_OBJECT
public:
    // `name`: begins the object names of its parts ("plan": planTabs, planFiles, ...).
    explicit DetailsTabs(const QString& name, QWidget* parent = nullptr);
    void setPlan(const std::shared_ptr<const Plan>& plan);  // null: nothing
    // Tabs without a line are hidden.
    void showTab(QWidget* page, const QString& title, std::uint64_t count, bool isHidden);
    [[nodiscard]] DataTable& files() { return *files_; }

private:
    void setLines(DataTable* table, std::shared_ptr<const std::vector<std::string>> lines);

    DataTable* files_;
    DataTable* leftOut_;
    DataTable* notes_;
};

}  // namespace plimsoll::ui
