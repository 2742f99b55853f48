// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>
#include <memory>

#include "jobs/diff_job.h"
#include "views/compare/compare_start.h"

class QLineEdit;
class QMenu;
class QPushButton;
class QStackedWidget;
class QTableView;

namespace plimsoll::ui {

class Banner;
class DiffRowsModel;
class ElidedLabel;
class Label;
class LinkButton;
class PairPane;
class PrimaryButton;
class RunStrip;
class ViewSwitch;

// The checkpoint (A) beside another one (B): which tensors are the same, changed, or only in one of them; how far their
// values are apart; two histograms over each other.
class CompareView final : public QWidget {
    Q_OBJECT
public:
    explicit CompareView(QWidget* parent = nullptr);
    void setCheckpoint(std::shared_ptr<const Checkpoint> checkpoint);  // null: nothing
    void setOthers(OtherCheckpoints others);
    void compareWith(const OtherCheckpoint& other);
    void compareValues();  // reads both
    void exportCsv(const QString& path);
    [[nodiscard]] bool isBusy() const;  // reading values
    [[nodiscard]] const std::shared_ptr<const DiffReport>& report() const noexcept { return report_; }

signals:
    void tensorChosen(plimsoll::TensorId tensor);  // of A
    void compared();                               // or failed
    void rowsShown();
    void exported();  // or failed

protected:
    void changeEvent(QEvent* event) override;

private:
    QWidget* buildTop();
    QWidget* buildTable();
    void connectParts();
    void run(bool values);
    void show(const std::shared_ptr<const DiffReport>& report);
    void showFailure(const Error& error);
    void showNothing();
    void showSuggestion();
    void rebuild();
    void showRows(DiffRows rows);
    void showCounts();
    void askToExport();
    void copyCommand() const;
    void showColumnMenu(const QPoint& position);
    void updateColours();
    void updateButtons();
    [[nodiscard]] DiffOptions options(bool values) const;

    QStackedWidget* pages_;
    CompareStart* start_;
    ElidedLabel* other_;
    QPushButton* change_;
    QLineEdit* renames_;
    PrimaryButton* values_;
    RunStrip* strip_;
    Banner* problem_;
    QWidget* suggestion_;
    Label* suggestionText_;
    QPushButton* useSuggestion_;
    ViewSwitch* states_;
    QLineEdit* filter_;
    Label* filterProblem_;
    QPushButton* export_;
    QPushButton* command_;
    DiffRowsModel* model_;
    QStackedWidget* body_;  // the results, or what to do where there are none
    QStackedWidget* rows_;  // the table, or why it is empty
    QTableView* table_;
    Label* nothing_;
    PairPane* pair_;
    std::shared_ptr<const Checkpoint> checkpoint_;
    OtherCheckpoint with_;
    std::shared_ptr<const DiffReport> report_;
    DiffSort sort_ = DiffSort::MaxAbs;
    bool descending_ = true;
    LatestJob<DiffJob> job_;
    LatestJob<DiffRowsJob> rowsJob_;
    LatestJob<DiffCsvJob> csvJob_;
};

}  // namespace plimsoll::ui
