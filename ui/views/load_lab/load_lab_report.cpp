// SPDX-License-Identifier: GPL-3.0-or-later
// Reports of load tests: saved, and shown again.
#include <QClipboard>
#include <QFileDialog>
#include <QFileInfo>
#include <QGuiApplication>
#include <QMenu>
#include <QPushButton>
#include <QSettings>
#include <QTabWidget>

#include "lab/report_files.h"
#include "plots/memory_plot.h"
#include "text/errors.h"
#include "text/text.h"
#include "views/load_lab/load_lab_view.h"
#include "views/load_lab/runs_table.h"
#include "views/load_lab/summary_table.h"
#include "widgets/banner.h"
#include "widgets/label.h"

namespace plimsoll::ui {
namespace {

const QString kFolderKey = QStringLiteral("load/reportFolder");

}  // namespace

QMenu* LoadLabView::buildSaveMenu() {
    using Part = ReportJob::Part;
    auto* menu = new QMenu(this);
    const auto add = [&](const QString& text, Part part, const QString& name, const QString& filter) {
        connect(menu->addAction(text), &QAction::triggered, this,
                [this, part, name, filter] { askToSave(part, name, filter); });
    };
    add(tr("&Report with plots, into a folder…"), Part::Folder, {}, {});
    menu->addSeparator();
    add(tr("&JSON, to open again…"), Part::Json, QStringLiteral("report.json"), tr("JSON (*.json)"));
    add(tr("&Figures of each run, CSV…"), Part::RunsCsv, QStringLiteral("runs.csv"), tr("CSV (*.csv)"));
    add(tr("&Curves, CSV…"), Part::CurvesCsv, QStringLiteral("samples.csv"), tr("CSV (*.csv)"));
    add(tr("Plot, &PNG…"), Part::Png, QStringLiteral("curves.png"), tr("PNG (*.png)"));
    add(tr("Plot, &SVG…"), Part::Svg, QStringLiteral("curves.svg"), tr("SVG (*.svg)"));
    menu->addSeparator();
    connect(menu->addAction(tr("Copy as &Markdown")), &QAction::triggered, this,
            [this] { QGuiApplication::clipboard()->setText(toText(reportMarkdown(report_))); });
    return menu;
}

void LoadLabView::askToSave(ReportJob::Part part, const QString& name, const QString& filter) {
    const QString folder = QSettings().value(kFolderKey).toString();
    const QString path = part == ReportJob::Part::Folder
                             ? QFileDialog::getExistingDirectory(this, tr("Folder for the report"), folder)
                             : QFileDialog::getSaveFileName(this, tr("Save"), folder + QLatin1Char('/') + name, filter);
    if (path.isEmpty()) return;
    QSettings().setValue(kFolderKey, part == ReportJob::Part::Folder ? path : QFileInfo(path).absolutePath());
    saveReport(part, path);
}

void LoadLabView::saveReport(ReportJob::Part part, const QString& path) {
    showLoaderProblem();
    auto* job = reporting_.replace(new ReportJob(this));
    connect(job, &ReportJob::saved, this, [this, path] {
        stage_->setText(tr("Saved: %1").arg(path));
        emit reportSaved();
    });
    connect(job, &ReportJob::failed, this,
            [this, path](const Error& error) { problem_->show(Banner::Kind::Error, errorLine(error, path)); });
    job->save(report_, part, path);
}

void LoadLabView::askToOpen() {
    const QString path =
        QFileDialog::getOpenFileName(this, tr("Open a report of load tests"), QSettings().value(kFolderKey).toString(),
                                     tr("Reports (report.json *.json);;All files (*)"));
    if (path.isEmpty()) return;
    QSettings().setValue(kFolderKey, QFileInfo(path).absolutePath());
    openReport(path);
}

void LoadLabView::openReport(const QString& path) {
    if (isBusy()) return;
    showLoaderProblem();
    auto* job = reporting_.replace(new ReportJob(this));
    connect(job, &ReportJob::opened, this, [this](const std::shared_ptr<const LoadReport>& report) { show(*report); });
    connect(job, &ReportJob::failed, this,
            [this, path](const Error& error) { problem_->show(Banner::Kind::Error, errorLine(error, path)); });
    job->open(path);
}

void LoadLabView::show(const LoadReport& report) {
    if (isBusy()) return;
    clearRuns();
    report_ = report;
    for (const LoadRun& run : report.runs) addRun(run.strategy, toText(report.device), run.round);
    for (int n = 0; n < static_cast<int>(report.runs.size()); ++n) {
        const LoadRun& run = report.runs[static_cast<std::size_t>(n)];
        addPoints(n, run.timeline.points);
        showResult(n, run);
    }
    summary_->show(report_);
    heading_->setText(tr("Report of %1; %2").arg(fileName(toText(report.path)), toText(report.machine)));
    showModelSize(report.modelBytes);
    tabs_->setCurrentWidget(summary_);
    updateControls();
    emit reportShown();
}

}  // namespace plimsoll::ui
