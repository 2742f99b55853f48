// SPDX-License-Identifier: GPL-3.0-or-later
// Making a comparison, and showing what comes of it.
#include <QApplication>
#include <QClipboard>
#include <QFileDialog>
#include <QFileInfo>
#include <QHeaderView>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QSettings>
#include <QStackedWidget>
#include <QTableView>
#include <algorithm>

#include "jobs/dispose.h"
#include "models/diff_rows_model.h"
#include "text/diff_list.h"
#include "text/errors.h"
#include "text/text.h"
#include "views/compare/compare_view.h"
#include "views/compare/pair_pane.h"
#include "widgets/banner.h"
#include "widgets/elided_label.h"
#include "widgets/label.h"
#include "widgets/primary_button.h"
#include "widgets/run_strip.h"
#include "widgets/view_switch.h"

namespace plimsoll::ui {
namespace {

// Below this, filtering and sorting take some milliseconds and a thread would only add latency.
constexpr std::size_t kInlineEntries = 5'000;
// In the order of the switch; the first shows all.
constexpr DiffState kShownStates[] = {DiffState::Changed, DiffState::OnlyA, DiffState::OnlyB, DiffState::Same};

QString hiddenKey(int column) {
    return QStringLiteral("columns/compareHidden%1").arg(column);
}

}  // namespace

void CompareView::setOthers(OtherCheckpoints others) {
    start_->setOthers(std::move(others));
}

void CompareView::setCheckpoint(std::shared_ptr<const Checkpoint> checkpoint) {
    job_.abandon();
    rowsJob_.abandon();
    csvJob_.abandon();
    strip_->hide();
    checkpoint_ = std::move(checkpoint);
    with_ = {};
    show(nullptr);
    const QSignalBlocker quiet(filter_);
    filter_->clear();
    renames_->clear();
    problem_->clear();
    start_->setPath(checkpoint_ ? toText(checkpoint_->path) : QString());
    pages_->setCurrentWidget(start_);
}

bool CompareView::isBusy() const {
    return job_.get() != nullptr && !job_.get()->facts().title.isEmpty();
}

void CompareView::compareWith(const OtherCheckpoint& other) {
    if (!checkpoint_) return;
    with_ = other;
    other_->setText(fileName(with_.path));
    other_->setToolTip(with_.path);
    renames_->clear();
    show(nullptr);
    pages_->setCurrentIndex(1);
    run(false);
}

void CompareView::compareValues() {
    run(true);
}

DiffOptions CompareView::options(bool values) const {
    DiffOptions result;
    result.values = values;
    if (auto renames = parseRenames(renames_->text().toStdString())) result.renames = std::move(*renames);
    return result;
}

void CompareView::run(bool values) {
    if (!checkpoint_ || with_.path.isEmpty()) return;
    if (const auto renames = parseRenames(renames_->text().toStdString()); !renames) {
        problem_->show(Banner::Kind::Error, toText(renames.error().what));
        return;
    }
    problem_->clear();
    body_->setCurrentIndex(0);
    auto* job = job_.replace(new DiffJob(this));
    connect(job, &DiffJob::compared, this, [this](const std::shared_ptr<const DiffReport>& report) {
        with_.checkpoint = report->b;
        show(report);
        emit compared();
    });
    connect(job, &DiffJob::failed, this, &CompareView::showFailure);
    connect(job, &Job::ended, this, &CompareView::updateButtons);
    strip_->follow(job, values ? tr("Reading the values of both") : tr("Pairing the tensors"));
    job->compare({checkpoint_, with_.checkpoint, with_.path, options(values)});
    updateButtons();
}

void CompareView::showFailure(const Error& error) {
    if (error.code == Errc::Cancelled) {
        problem_->show(Banner::Kind::Info,
                       report_ ? tr("Cancelled. What was compared before is still shown.") : tr("Cancelled."));
    } else {
        problem_->show(Banner::Kind::Error, errorLine(error, with_.path));
    }
    body_->setCurrentIndex(report_ ? 0 : 1);
    emit compared();
}

void CompareView::show(const std::shared_ptr<const DiffReport>& report) {
    pair_->setPair(nullptr, {});
    dispose(std::exchange(report_, report));
    for (const int column :
         {DiffRowsModel::Differing, DiffRowsModel::MaxAbs, DiffRowsModel::MaxRel, DiffRowsModel::Rms}) {
        const bool hidden = QSettings().value(hiddenKey(column), false).toBool();
        table_->setColumnHidden(column, hidden || !report_ || report_->values.empty());
    }
    showSuggestion();
    rebuild();
    updateButtons();
}

void CompareView::showSuggestion() {
    const bool has = report_ && !report_->suggestedRename.empty();
    suggestion_->setVisible(has);
    if (has)
        suggestionText_->setText(tr("Names differ at the front: %1 would pair %2 more.")
                                     .arg(toText(report_->suggestedRename), tensorsText(report_->suggestedPairs)));
}

void CompareView::rebuild() {
    rowsJob_.abandon();
    if (!report_) return showRows({});
    auto filter = Filter::parse(filter_->text().toStdString());
    filterProblem_->setVisible(!filter);
    if (!filter) {
        filterProblem_->setText(toText(filter.error().what));
        return;
    }
    DiffQuery query{std::move(*filter), std::nullopt, sort_, descending_};
    if (states_->currentIndex() > 0) query.state = kShownStates[states_->currentIndex() - 1];
    if (DiffEntries(*report_).size() <= kInlineEntries) return showRows(buildDiffRows(report_, query));
    auto* job = rowsJob_.replace(new DiffRowsJob(this));
    connect(job, &DiffRowsJob::built, this,
            [this](const std::shared_ptr<DiffRows>& rows) { showRows(std::move(*rows)); });
    job->build(report_, std::move(query));
}

void CompareView::showRows(DiffRows rows) {
    const auto current = model_->entry(table_->currentIndex().row());
    model_->setRows(std::move(rows));
    showCounts();
    showNothing();
    const auto& entries = model_->rows().entries;
    if (current && report_ && *current < DiffEntries(*report_).size()) {
        const auto again = std::ranges::find(entries, static_cast<std::uint32_t>(*current));
        if (again != entries.end())
            table_->setCurrentIndex(model_->index(static_cast<int>(again - entries.begin()), DiffRowsModel::Name));
    }
    emit rowsShown();
}

void CompareView::showCounts() {
    const QString names[] = {tr("Changed"), tr("Only in A"), tr("Only in B"), tr("Same")};
    std::uint64_t all = 0;
    for (std::size_t i = 0; i < kDiffStates; ++i) {
        const std::uint64_t count = model_->rows().counts[static_cast<std::size_t>(kShownStates[i])];
        all += count;
        states_->setTabText(static_cast<int>(i) + 1, QStringLiteral("%1 %2").arg(names[i], countText(count)));
    }
    states_->setTabText(0, tr("All %1").arg(countText(all)));
}

void CompareView::showNothing() {
    const bool empty = report_ && model_->rowCount() == 0;
    if (empty)
        nothing_->setText(filter_->text().trimmed().isEmpty() ? tr("No tensor is of this kind.")
                                                              : tr("The filter leaves none of this kind."));
    rows_->setCurrentWidget(empty ? static_cast<QWidget*>(nothing_) : table_);
}

void CompareView::updateButtons() {
    const bool ready = report_ && !isBusy();
    values_->setEnabled(ready);
    renames_->setEnabled(!isBusy());
    change_->setEnabled(!isBusy());
    export_->setEnabled(report_ != nullptr);
    command_->setEnabled(report_ != nullptr);
}

void CompareView::askToExport() {
    if (!report_) return;
    const QString name =
        QStringLiteral("%1-%2.csv")
            .arg(QFileInfo(toText(checkpoint_->path)).completeBaseName(), QFileInfo(with_.path).completeBaseName());
    const QString path =
        QFileDialog::getSaveFileName(this, tr("Export the rows"), name, tr("Comma-separated values (*.csv)"));
    if (!path.isEmpty()) exportCsv(path);
}

void CompareView::exportCsv(const QString& path) {
    auto* job = csvJob_.replace(new DiffCsvJob(this));
    connect(job, &DiffCsvJob::failed, this,
            [this](const Error& error) { problem_->show(Banner::Kind::Error, toText(error.what)); });
    connect(job, &DiffCsvJob::written, this,
            [this](const QString& written) { problem_->show(Banner::Kind::Good, tr("Written: %1").arg(written)); });
    connect(job, &Job::ended, this, &CompareView::exported);
    job->write(model_->rows(), path);
}

void CompareView::copyCommand() const {
    if (!report_) return;
    const DiffOptions made = options(!report_->values.empty());
    QApplication::clipboard()->setText(toText(diffCommandLine(report_->a->path, report_->b->path, made)));
}

void CompareView::showColumnMenu(const QPoint& position) {
    QMenu menu;
    for (int column = DiffRowsModel::Differing; column < DiffRowsModel::ColumnCount; ++column) {
        QAction* action = menu.addAction(model_->headerData(column, Qt::Horizontal).toString());
        action->setCheckable(true);
        action->setChecked(!QSettings().value(hiddenKey(column), false).toBool());
        connect(action, &QAction::toggled, this, [this, column](bool shown) {
            QSettings().setValue(hiddenKey(column), !shown);
            table_->setColumnHidden(column, !shown || !report_ || report_->values.empty());
        });
    }
    menu.exec(table_->horizontalHeader()->mapToGlobal(position));
}

}  // namespace plimsoll::ui
