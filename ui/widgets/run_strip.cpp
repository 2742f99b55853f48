// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/run_strip.h"

#include <QHBoxLayout>
#include <QProgressBar>
#include <QPushButton>

#include "jobs/job.h"
#include "text/text.h"
#include "widgets/label.h"

namespace plimsoll::ui {
namespace {
constexpr int kSteps = 1000;
}

RunStrip::RunStrip(QWidget* parent) : QWidget(parent), text_(new Label(Label::Style::Body)), bar_(new QProgressBar) {
    bar_->setTextVisible(false);
    bar_->setMaximumHeight(10);
    auto* cancel = new QPushButton(tr("Cancel"));
    cancel->setObjectName(QStringLiteral("runCancel"));
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(12);
    row->addWidget(text_);
    row->addWidget(bar_, 1);
    row->addWidget(cancel);
    connect(cancel, &QPushButton::clicked, this, [this] {
        if (job_ != nullptr) job_->cancel();
    });
    hide();
}

void RunStrip::follow(Job* job, const QString& what) {
    job_ = job;
    text_->setText(what);
    bar_->setAccessibleName(what);
    bar_->setRange(0, 0);
    show();
    connect(job, &Job::progressed, this, [this, job] {
        if (job_ == job) showProgress(*job);
    });
    connect(job, &Job::waits, this, [this, job, what] {
        if (job_ == job) text_->setText(tr("%1: waits until the job before it has ended").arg(what));
    });
    connect(job, &Job::begun, this, [this, job, what] {
        if (job_ == job) text_->setText(what);
    });
    const auto end = [this, job] {
        if (job_ != job) return;
        job_ = nullptr;
        hide();
    };
    connect(job, &Job::ended, this, end);
    connect(job, &QObject::destroyed, this, end);
}

void RunStrip::showProgress(const Job& job) {
    const std::uint64_t total = job.totalBytes();
    if (total == 0) return;
    bar_->setRange(0, kSteps);
    bar_->setValue(static_cast<int>(static_cast<double>(job.doneBytes()) / static_cast<double>(total) * kSteps));
    bar_->setToolTip(tr("%1 of %2").arg(bytesText(job.doneBytes()), bytesText(total)));
}

}  // namespace plimsoll::ui
