// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/safety/safety_view.h"

#include <QHBoxLayout>
#include <QPushButton>
#include <QVBoxLayout>

#include "text/text.h"
#include "widgets/banner.h"
#include "widgets/findings_table.h"
#include "widgets/label.h"
#include "widgets/run_strip.h"

namespace plimsoll::ui {

SafetyView::SafetyView(QWidget* parent)
    : ReportView(QStringLiteral("safety"), tr("What the pickles import"), parent),
      again_(new QPushButton(tr("Scan &again"))) {
    again_->setObjectName(QStringLiteral("safetyAgain"));
    auto* foot = new QHBoxLayout;
    foot->addWidget(facts_, 1);
    foot->addWidget(copy_);
    foot->addWidget(again_);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(16, 14, 16, 14);
    column->setSpacing(10);
    column->addWidget(verdict_);
    column->addWidget(strip_);
    column->addWidget(table_, 1);
    column->addWidget(word_, 1);
    column->addLayout(foot);
    connect(again_, &QPushButton::clicked, this, &SafetyView::run);
}

void SafetyView::setCheckpoint(const std::shared_ptr<const Checkpoint>& checkpoint) {
    setPath(checkpoint ? checkpoint->path : std::string());
}

void SafetyView::setPath(const std::string& path) {
    job_.abandon();
    path_ = path;
    table_->setRows({});
    clearVerdict();
    strip_->hide();
    if (!path_.empty()) run();
}

void SafetyView::run() {
    clearVerdict();
    showWord({});
    word_->hide();
    table_->show();
    again_->setEnabled(false);
    auto* job = job_.replace(new ScanJob(this));
    connect(job, &ScanJob::scanned, this, [this](const auto& report) { show(*report); });
    connect(job, &ScanJob::failed, this, [this](const Error& error) {
        again_->setEnabled(true);
        showFailure(error, tr("The scan was stopped: nothing is known of this file."));
    });
    strip_->follow(job, tr("Looking for pickles"));
    job->run(path_);
}

void SafetyView::show(const ScanReport& report) {
    showVerdict(report);
    showRows(rowsOf(report), tr("There is no pickle in it that imports anything."));
    std::uint64_t pickles = 0;
    std::uint64_t bytes = 0;
    for (const ScannedFile& file : report.files) {
        pickles += file.pickles;
        bytes += file.bytes;
    }
    facts_->setText(tr("Pickles followed: %1. Files: %2, %3. Nothing was executed.")
                        .arg(countText(pickles), countText(report.files.size()), bytesText(bytes)));
    again_->setEnabled(true);
    emit reportShown();
}

void SafetyView::showVerdict(const ScanReport& report) {
    QStringList reasons;
    for (const ScannedFile& file : report.files) {
        if (file.verdict() != report.verdict()) continue;
        const QString reason = toText(file.verdictReason());
        if (!reason.isEmpty() && !reasons.contains(reason)) reasons << reason;
    }
    const QString why = reasons.mid(0, 3).join(QStringLiteral("; "));
    switch (report.verdict()) {
        case ScanVerdict::Clean:
            verdict_->show(Banner::Kind::Good,
                           tr("Clean: everything was looked at, and no pickle imports anything that is not on "
                              "PyTorch's safe list."));
            break;
        case ScanVerdict::Incomplete:
            verdict_->show(Banner::Kind::Warning,
                           tr("Not known: a part could not be looked into, and nothing is known of it. %1").arg(why));
            break;
        case ScanVerdict::Suspicious:
            verdict_->show(Banner::Kind::Warning, tr("Suspicious: it imports what is not known to be harmless. "
                                                     "torch.load(weights_only=True) refuses it. %1")
                                                      .arg(why));
            break;
        case ScanVerdict::Dangerous:
            verdict_->show(Banner::Kind::Error,
                           tr("Dangerous: loading this file in Python can run code of its author. It is safe to look "
                              "at here. %1")
                               .arg(why));
            break;
    }
}

}  // namespace plimsoll::ui
