// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/load_lab/load_lab_view.h"

#include <QFileInfo>
#include <QHBoxLayout>
#include <QProgressBar>
#include <QPushButton>
#include <QScrollArea>
#include <QSplitter>
#include <QTabWidget>
#include <QVBoxLayout>

#include "plots/memory_plot.h"
#include "text/text.h"
#include "views/load_lab/load_options.h"
#include "views/load_lab/prediction_pane.h"
#include "views/load_lab/runs_table.h"
#include "views/load_lab/snippet_pane.h"
#include "views/load_lab/strategy_list.h"
#include "views/load_lab/summary_table.h"
#include "widgets/banner.h"
#include "widgets/command_foot.h"
#include "widgets/hairline.h"
#include "widgets/label.h"
#include "widgets/link_button.h"
#include "widgets/primary_button.h"
#include "widgets/wheel_guard.h"

namespace plimsoll::ui {
namespace {

constexpr int kControlsWidth = 372;
constexpr int kBarSteps = 1000;

}  // namespace

LoadLabView::LoadLabView(QWidget* parent)
    : QWidget(parent),
      problem_(new Banner),
      remark_(new Banner),
      heading_(new Label(Label::Style::Heading)),
      strategies_(new StrategyList),
      options_(new LoadOptions),
      start_(new PrimaryButton(tr("&Run"))),
      cancel_(new QPushButton(tr("Cancel"))),
      clear_(new QPushButton(tr("Clear results"))),
      open_(new QPushButton(tr("Open report…"))),
      source_(new QPushButton(tr("Open its checkpoint"))),
      save_(new QPushButton(tr("Save"))),
      bar_(new QProgressBar),
      stage_(new Label(Label::Style::Muted)),
      plot_(new MemoryPlot),
      tabs_(new QTabWidget),
      prediction_(new PredictionPane),
      table_(new RunsTable),
      summary_(new SummaryTable),
      snippet_(new SnippetPane),
      runsPage_(new QWidget),
      foot_(new CommandFoot(QStringLiteral("loadCommand"), QStringLiteral("copyLoadCommand"))) {
    setObjectName(QStringLiteral("loadLabView"));
    auto* row = new QHBoxLayout;
    row->setSpacing(0);
    controls_ = buildControls();
    row->addWidget(controls_);
    row->addWidget(buildResults(), 1);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addLayout(row, 1);
    column->addWidget(new Hairline(Qt::Horizontal));
    column->addWidget(foot_);
    connect(table_, &RunsTable::visibilityChanged, plot_, &MemoryPlot::setRunVisible);
    connect(table_, &RunsTable::currentRunChanged, this, &LoadLabView::showCurrent);
    connect(prediction_, &PredictionPane::roomChanged, this, &LoadLabView::predict);
    clearRuns();
}

LoadLabView::~LoadLabView() = default;

QWidget* LoadLabView::buildResults() {
    problem_->setObjectName(QStringLiteral("loaderProblem"));
    remark_->setObjectName(QStringLiteral("runRemark"));
    plot_->setObjectName(QStringLiteral("loadPlot"));
    plot_->setPlaceholder(
        tr("Choose strategies and press Run.\nEach loads the checkpoint in a process of its own,\nwhose memory is "
           "drawn here."));
    tabs_->setObjectName(QStringLiteral("loadTabs"));
    tabs_->addTab(prediction_, tr("Prediction"));
    // What is said of a run takes its room from the table: nothing moves under the pointer.
    auto* runs = new QVBoxLayout(runsPage_);
    runs->setContentsMargins(0, 0, 0, 0);
    runs->setSpacing(0);
    runs->addWidget(table_, 1);
    runs->addWidget(remark_);
    tabs_->addTab(runsPage_, tr("Runs"));
    tabs_->addTab(summary_, tr("Medians"));
    tabs_->addTab(snippet_, tr("PyTorch"));
    auto* results = new QSplitter(Qt::Vertical);
    results->addWidget(plot_);
    results->addWidget(tabs_);
    results->setStretchFactor(0, 1);
    results->setStretchFactor(1, 1);
    results->setSizes({320, 320});
    results->setChildrenCollapsible(false);
    open_->setObjectName(QStringLiteral("reportOpen"));
    source_->setObjectName(QStringLiteral("reportSource"));
    save_->setObjectName(QStringLiteral("reportSave"));
    save_->setMenu(buildSaveMenu());
    heading_->setWordWrap(true);  // of a report it names file and machine
    auto* top = new QHBoxLayout;
    top->addWidget(heading_, 1);
    top->addWidget(clear_);
    top->addWidget(open_);
    top->addWidget(source_);
    top->addWidget(save_);
    auto* panel = new QWidget;
    auto* right = new QVBoxLayout(panel);
    right->setContentsMargins(16, 14, 16, 14);
    right->setSpacing(10);
    right->addWidget(problem_);
    right->addLayout(top);
    right->addWidget(results, 1);
    connect(open_, &QPushButton::clicked, this, &LoadLabView::askToOpen);
    connect(source_, &QPushButton::clicked, this, [this] { emit checkpointRequested(toText(report_.path)); });
    return panel;
}

QWidget* LoadLabView::buildControls() {
    auto* panel = new QWidget;
    auto* column = new QVBoxLayout(panel);
    column->setContentsMargins(16, 14, 16, 14);
    column->setSpacing(8);
    auto* top = new QHBoxLayout;
    top->addWidget(new Label(Label::Style::Heading, tr("Strategies")), 1);
    for (const bool on : {true, false}) {
        auto* all = new LinkButton(on ? tr("all") : tr("none"), QString());
        all->setObjectName(on ? QStringLiteral("strategiesAll") : QStringLiteral("strategiesNone"));
        all->setFixedWidth(all->sizeHint().width());
        all->setAccessibleName(on ? tr("Choose all strategies") : tr("Choose no strategy"));
        connect(all, &QAbstractButton::clicked, this, [this, on] { strategies_->chooseAll(on); });
        top->addWidget(all);
    }
    column->addLayout(top);
    column->addWidget(strategies_);
    column->addWidget(new Label(Label::Style::Heading, tr("How")));
    column->addWidget(options_);
    column->addStretch(1);
    auto* scroll = new QScrollArea;
    scroll->setFocusPolicy(Qt::NoFocus);  // what is in it takes the focus
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidgetResizable(true);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setWidget(panel);
    new WheelGuard(panel);

    // What starts and stops stays in sight.
    auto* panes = new QWidget;
    panes->setFixedWidth(kControlsWidth);
    auto* whole = new QVBoxLayout(panes);
    whole->setContentsMargins(0, 0, 0, 0);
    whole->setSpacing(0);
    whole->addWidget(scroll, 1);
    whole->addLayout(buildButtons());
    auto* controls = new QWidget;
    auto* row = new QHBoxLayout(controls);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(0);
    row->addWidget(panes);
    row->addWidget(new Hairline(Qt::Vertical));
    const auto changed = [this] {
        updateControls();
        predict();
    };
    connect(strategies_, &StrategyList::changed, this, changed);
    connect(options_, &LoadOptions::changed, this, changed);
    return controls;
}

QLayout* LoadLabView::buildButtons() {
    auto* column = new QVBoxLayout;
    column->setContentsMargins(16, 10, 16, 14);
    column->setSpacing(8);
    start_->setObjectName(QStringLiteral("loadStart"));
    cancel_->setObjectName(QStringLiteral("loadCancel"));
    clear_->setObjectName(QStringLiteral("loadClear"));
    auto* buttons = new QHBoxLayout;
    buttons->addWidget(start_, 1);
    buttons->addWidget(cancel_, 1);
    column->addLayout(buttons);
    bar_->setRange(0, kBarSteps);
    bar_->setAccessibleName(tr("Progress"));
    stage_->setObjectName(QStringLiteral("loadStage"));
    stage_->setWordWrap(true);
    column->addWidget(bar_);
    column->addWidget(stage_);
    connect(start_, &QPushButton::clicked, this, &LoadLabView::start);
    connect(clear_, &QPushButton::clicked, this, [this] {
        clearRuns();
        tabs_->setCurrentWidget(prediction_);
    });
    connect(cancel_, &QPushButton::clicked, this, [this] {
        if (auto* job = job_.get()) job->cancel();
        cancel_->setEnabled(false);
    });
    return column;
}

void LoadLabView::setCheckpoint(std::shared_ptr<const Checkpoint> checkpoint) {
    job_.abandon();
    reporting_.abandon();
    checkpoint_ = std::move(checkpoint);
    checksums_.clear();
    clearRuns();
    if (checkpoint_) tabs_->setCurrentWidget(prediction_);
    predict();
    if (checkpoint_ && !status_ && isVisible()) probe();
}

void LoadLabView::showEvent(QShowEvent* event) {
    if (!status_ && checkpoint_) probe();
    QWidget::showEvent(event);
}

void LoadLabView::probe() {
    if (probe_.get() != nullptr) return;
    stage_->setText(tr("Looking for the load program"));
    auto* job = probe_.replace(new ProbeJob(this));
    connect(job, &ProbeJob::probed, this, &LoadLabView::showStatus);
    job->probe();
}

void LoadLabView::showStatus(const LoaderStatus& status) {
    status_ = status;
    options_->setDevices(status.devices);
    showLoaderProblem();
    stage_->setText(status.problem.empty() ? tr("LibTorch %1").arg(toText(status.torch))
                                           : tr("Load tests cannot run here yet."));
    updateControls();
    emit probed();
}

// In place of what went wrong with something else.
void LoadLabView::showLoaderProblem() {
    problem_->show(Banner::Kind::Warning, status_ ? toText(status_->problem) : QString());
}

// Cheap to ask for: a prediction that is under way is given up.
void LoadLabView::predict() {
    auto comparison = options_->comparison(strategies_->chosen());
    if (!checkpoint_ || !comparison) return predicting_.abandon();
    prediction_->setDeviceRoom(memoryOf(comparison->device));
    if (comparison->device == "cpu" && prediction_->isForDevice())
        comparison->device = "cuda:0";  // as if there were one
    const bool onDevice = comparison->device != "cpu";
    auto* job = predicting_.replace(new PredictJob(this));
    connect(job, &PredictJob::predicted, this,
            [this, onDevice](const std::vector<StrategyPrediction>& predictions, const Room& room) {
                prediction_->show(predictions, room, onDevice);
                emit predicted();
            });
    job->predict(checkpoint_, *comparison, prediction_->typedRoom());
}

std::uint64_t LoadLabView::memoryOf(const std::string& device) const {
    if (!status_ || device == "cpu") return 0;
    for (std::size_t n = 0; n < status_->devices.size() && n < status_->deviceBytes.size(); ++n)
        if (status_->devices[n] == device) return status_->deviceBytes[n];
    return 0;
}

void LoadLabView::showCommand() {
    const auto comparison = options_->comparison(strategies_->chosen());
    const bool isComplete = checkpoint_ && comparison && !comparison->strategies.empty();
    foot_->setCommand(isComplete ? loadCommandLine(checkpoint_->path, *comparison) : QString());
}

void LoadLabView::updateControls() {
    const bool ready = checkpoint_ && status_ && status_->problem.empty() && !status_->devices.empty();
    const bool busy = isBusy();
    // A report without its checkpoint is to look at.
    controls_->setVisible(checkpoint_ != nullptr);
    foot_->setVisible(checkpoint_ != nullptr);
    clear_->setVisible(checkpoint_ != nullptr);
    showCommand();
    snippet_->setTarget(options_->device(), options_->dtype());
    tabs_->setTabVisible(tabs_->indexOf(prediction_), checkpoint_ != nullptr);
    open_->setVisible(checkpoint_ != nullptr);
    source_->setVisible(!checkpoint_ && QFileInfo(toText(report_.path)).isAbsolute() &&
                        QFileInfo::exists(toText(report_.path)));
    start_->setEnabled(ready && !busy && options_->comparison({}) && !strategies_->chosen().empty());
    cancel_->setEnabled(busy);
    clear_->setEnabled(!busy && !runs_.empty());
    open_->setEnabled(!busy);
    save_->setEnabled(!busy && !report_.runs.empty());
    strategies_->setEnabled(!busy);
    options_->setEnabled(!busy);
    if (!busy) bar_->hide();
}

}  // namespace plimsoll::ui
