// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/convert/details_tabs.h"

#include <QHeaderView>
#include <QTabBar>
#include <utility>

#include "text/text.h"
#include "widgets/data_table.h"

namespace plimsoll::ui {

DetailsTabs::DetailsTabs(const QString& name, QWidget* parent)
    : QTabWidget(parent),
      files_(new DataTable(
          {{tr("File")},
           {tr("Records"), true, 7, tr("What lies in the file one after the other: mostly one for each tensor")},
           {tr("Size"), true, 8}})),
      leftOut_(new DataTable({{tr("Left out")}})),
      notes_(new DataTable({{tr("Note")}})) {
    setObjectName(name + QStringLiteral("Tabs"));
    setDocumentMode(true);
    tabBar()->setExpanding(false);
    files_->setObjectName(name + QStringLiteral("Files"));
    files_->setAccessibleName(tr("Files that are written"));
    leftOut_->setObjectName(name + QStringLiteral("LeftOut"));
    leftOut_->setAccessibleName(tr("What is left out"));
    leftOut_->horizontalHeader()->hide();
    notes_->setObjectName(name + QStringLiteral("Notes"));
    notes_->setAccessibleName(tr("Notes"));
    notes_->horizontalHeader()->hide();
    for (DataTable* table : {files_, leftOut_, notes_}) addTab(table, {});
    setPlan(nullptr);
}

void DetailsTabs::setLines(DataTable* table, std::shared_ptr<const std::vector<std::string>> lines) {
    const int count = lines ? static_cast<int>(lines->size()) : 0;
    table->setRows(
        count, [lines = std::move(lines)](int row, int) { return toText((*lines)[static_cast<std::size_t>(row)]); });
}

void DetailsTabs::setPlan(const std::shared_ptr<const Plan>& plan) {
    using Lines = std::shared_ptr<const std::vector<std::string>>;
    setLines(leftOut_, plan ? Lines(plan, &plan->dropped) : nullptr);
    setLines(notes_, plan ? Lines(plan, &plan->notes) : nullptr);
    const bool hasIndex = plan && !plan->indexPath.empty();
    const auto files = plan ? plan->files.size() + (hasIndex ? 1 : 0) : 0;
    files_->setRows(static_cast<int>(files), [plan, hasIndex](int row, int column) -> QString {
        if (hasIndex && row == 0) {
            if (column == 0) return toText(plan->indexPath);
            return column == 2 ? bytesText(plan->indexJson.size()) : QString();
        }
        const PlannedFile& file = plan->files[static_cast<std::size_t>(row - (hasIndex ? 1 : 0))];
        if (column == 0) return toText(file.path);
        return column == 1 ? countText(file.records.size()) : bytesText(file.bytes);
    });
    showTab(files_, tr("Files"), files, false);
    showTab(leftOut_, tr("Left out"), plan ? plan->dropped.size() : 0, true);
    showTab(notes_, tr("Notes"), plan ? plan->notes.size() : 0, true);
}

void DetailsTabs::showTab(QWidget* page, const QString& title, std::uint64_t count, bool isHidden) {
    const int tab = indexOf(page);
    setTabText(tab, count == 0 ? title : QStringLiteral("%1 (%2)").arg(title, countText(count)));
    setTabVisible(tab, count != 0 || !isHidden);
}

}  // namespace plimsoll::ui
