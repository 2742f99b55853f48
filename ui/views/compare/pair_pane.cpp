// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/compare/pair_pane.h"

#include <QCheckBox>
#include <QHBoxLayout>
#include <QPushButton>
#include <QStackedWidget>
#include <QVBoxLayout>

#include "jobs/dispose.h"
#include "models/diff_rows_model.h"
#include "plots/histogram_plot.h"
#include "plots/picture_actions.h"
#include "text/errors.h"
#include "text/names.h"
#include "text/text.h"
#include "widgets/banner.h"
#include "widgets/elided_label.h"
#include "widgets/figure_row.h"
#include "widgets/label.h"
#include "widgets/run_strip.h"

namespace plimsoll::ui {
namespace {
// Both together: below this they are read without asking.
constexpr std::uint64_t kAtOnceBytes = 64U << 20U;
}  // namespace

PairPane::PairPane(QWidget* parent)
    : QWidget(parent),
      name_(new ElidedLabel(1.0, QFont::DemiBold, false)),
      inspect_(new QPushButton(tr("Show in Inspect"))),
      figures_(new FigureRow),
      strip_(new RunStrip),
      problem_(new Banner),
      stack_(new QStackedWidget),
      hint_(new Label(Label::Style::Muted)),
      start_(new QPushButton(tr("Compute histograms"))),
      plot_(new HistogramPlot) {
    setObjectName(QStringLiteral("pairPane"));
    name_->setObjectName(QStringLiteral("pairName"));
    figures_->setObjectName(QStringLiteral("pairFigures"));
    plot_->setObjectName(QStringLiteral("pairPlot"));
    start_->setObjectName(QStringLiteral("pairStart"));
    inspect_->setObjectName(QStringLiteral("pairInspect"));
    auto* top = new QHBoxLayout;
    top->addWidget(name_, 1);
    top->addWidget(inspect_);
    hint_->setAlignment(Qt::AlignCenter);
    hint_->setWordWrap(true);
    auto* idle = new QWidget;
    auto* idleColumn = new QVBoxLayout(idle);
    idleColumn->addStretch(1);
    idleColumn->addWidget(hint_);
    idleColumn->addWidget(start_, 0, Qt::AlignHCenter);
    idleColumn->addStretch(1);
    stack_->addWidget(idle);
    stack_->addWidget(buildPlotPage());
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(16, 10, 16, 10);
    column->setSpacing(8);
    column->addLayout(top);
    column->addWidget(figures_);
    column->addWidget(problem_);
    column->addWidget(strip_);
    column->addWidget(stack_, 1);
    new PictureActions(plot_, [this] {
        PlotPicture picture = plot_->toPicture();
        picture.name.prepend(name_->text() + QLatin1Char('-'));
        return picture;
    });
    connect(start_, &QPushButton::clicked, this, &PairPane::compute);
    connect(inspect_, &QPushButton::clicked, this, [this] {
        if (report_ && entry_) emit showRequested(DiffEntries(*report_).a(*entry_));
    });
    setPair(nullptr, {});
}

QWidget* PairPane::buildPlotPage() {
    auto* logarithmic = new QCheckBox(tr("&logarithmic"));
    connect(logarithmic, &QCheckBox::toggled, plot_, &HistogramPlot::setLogarithmic);
    auto* readout = new Label(Label::Style::Muted);
    readout->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    connect(plot_, &HistogramPlot::pointedAt, readout, &QLabel::setText);
    auto* tools = new QHBoxLayout;
    tools->addWidget(logarithmic);
    tools->addWidget(readout, 1);
    auto* page = new QWidget;
    auto* column = new QVBoxLayout(page);
    column->setContentsMargins(0, 0, 0, 0);
    column->addLayout(tools);
    column->addWidget(plot_, 1);
    return page;
}

void PairPane::say(const QString& hint, bool canCompute) {
    hint_->setText(hint);
    start_->setVisible(canCompute);
    stack_->setCurrentIndex(0);
}

void PairPane::setPair(std::shared_ptr<const DiffReport> report, std::optional<std::size_t> entry) {
    job_.abandon();
    strip_->hide();
    problem_->clear();
    dispose(std::exchange(report_, std::move(report)));
    entry_ = entry;
    plot_->setCurves({});
    showFigures();
    if (!report_ || !entry_) return say(tr("Select a tensor to see both histograms."), false);
    const DiffEntries entries(*report_);
    const TensorId a = entries.a(*entry_);
    const TensorId b = entries.b(*entry_);
    if (!a.valid() || !b.valid()) return say(tr("This tensor has no partner. A rename rule may give it one."), false);
    const TensorTable& left = report_->a->tensors;
    const TensorTable& right = report_->b->tensors;
    const bool absent =
        left.storage(a).encoding == StorageEncoding::Absent || right.storage(b).encoding == StorageEncoding::Absent;
    if (absent) return say(tr("One side has no bytes: a shard is missing or broken."), false);
    const std::uint64_t bytes = left.nbytes(a) + right.nbytes(b);
    if (bytes <= kAtOnceBytes) return compute();
    say(tr("%1 are read for the histograms of both.").arg(bytesText(2 * bytes)), true);
}

void PairPane::showFigures() {
    const bool has = report_ && entry_;
    inspect_->setVisible(has && DiffEntries(*report_).a(*entry_).valid());
    figures_->setVisible(has);
    if (!has) return name_->setText({});
    const DiffEntries entries(*report_);
    const QString name = nameText(entries.name(*entry_));
    const bool both = entries.a(*entry_).valid() && entries.b(*entry_).valid();
    const QString other = both ? nameText(report_->b->tensors.name(entries.b(*entry_))) : name;
    name_->setText(other == name ? name : QStringLiteral("%1 → %2").arg(name, other));
    QList<std::pair<QString, QString>> figures{{tr("state"), diffStateText(*report_, *entry_)}};
    const ValueDiff* values = entries.values(*entry_);
    if (values != nullptr && values->state == ValueDiff::State::Compared) {
        const Difference& d = values->difference;
        figures.append({tr("differ"), tr("%1 of %2").arg(countText(d.differing), countText(d.elements))});
        figures.append({tr("largest distance"), numberText(d.maxAbs)});
        figures.append({tr("relative"), numberText(d.maxRel)});
        figures.append({tr("RMS"), numberText(d.rms)});
        if (d.nanOnlyLeft > 0) figures.append({tr("NaN only in A"), countText(d.nanOnlyLeft)});
        if (d.nanOnlyRight > 0) figures.append({tr("NaN only in B"), countText(d.nanOnlyRight)});
    } else if (values != nullptr && !values->why.empty()) {
        figures.append({tr("values"), toText(values->why)});
    }
    figures_->setFigures(figures);
}

void PairPane::compute() {
    const DiffEntries entries(*report_);
    say(tr("Reading both…"), false);
    auto* job = job_.replace(new PairJob(this));
    strip_->follow(job, tr("Reading both"));
    connect(job, &PairJob::computed, this, &PairPane::show);
    connect(job, &PairJob::failed, this, [this](const Error& error) {
        if (error.code == Errc::Unsupported) {
            say(tr("There is no histogram of values that are not real numbers."), false);
        } else if (error.code == Errc::Cancelled) {
            say(tr("Cancelled."), true);
        } else {
            say({}, true);
            problem_->show(Banner::Kind::Error, errorLine(error, toText(report_->a->path)));
        }
        emit shown();
    });
    job->compute(report_, entries.a(*entry_), entries.b(*entry_));
}

void PairPane::show(const PairHistograms& histograms) {
    plot_->setCurves({{tr("A: %1").arg(fileName(toText(report_->a->path))), histograms.left, 0},
                      {tr("B: %1").arg(fileName(toText(report_->b->path))), histograms.right, 1}});
    stack_->setCurrentIndex(1);
    emit shown();
}

}  // namespace plimsoll::ui
