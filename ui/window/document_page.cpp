// SPDX-License-Identifier: GPL-3.0-or-later
#include "window/document_page.h"

#include <QAbstractButton>
#include <QFileInfo>
#include <QStackedWidget>
#include <QTimer>
#include <QVBoxLayout>
#include <utility>

#include "io/address.h"
#include "jobs/dispose.h"
#include "lab/report_reader.h"
#include "text/text.h"
#include "views/compare/compare_view.h"
#include "views/convert/convert_view.h"
#include "views/inspect/inspect_view.h"
#include "views/integrity/integrity_view.h"
#include "views/load_lab/load_lab_view.h"
#include "views/overview/overview_view.h"
#include "views/safety/safety_view.h"
#include "widgets/view_switch.h"
#include "window/changed_bar.h"
#include "window/empty_page.h"
#include "window/error_page.h"
#include "window/file_watch.h"
#include "window/header_bar.h"
#include "window/loading_page.h"
#include "window/recent_files.h"
#include "window/refused_page.h"

namespace plimsoll::ui {
namespace {
// A file that opens within this time never shows the loading page: no flicker.
constexpr int kLoadingDelayMs = 150;
}  // namespace

DocumentPage::DocumentPage(QWidget* parent)
    : QWidget(parent),
      header_(new HeaderBar),
      changedBar_(new ChangedBar),
      pages_(new QStackedWidget),
      empty_(new EmptyPage),
      loading_(new LoadingPage),
      error_(new ErrorPage),
      refused_(new RefusedPage),
      views_(new QStackedWidget),
      inspect_(new InspectView),
      convert_(new ConvertView),
      loadLab_(new LoadLabView),
      overview_(new OverviewView),
      safety_(new SafetyView),
      integrity_(new IntegrityView),
      compare_(new CompareView),
      watch_(new FileWatch(this)) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(header_);
    column->addWidget(changedBar_);
    column->addWidget(pages_, 1);
    addView(inspect_, [this](const OpenedCheckpoint& opened) { inspect_->setCheckpoint(opened); });
    addView(overview_, [this](const OpenedCheckpoint& opened) { overview_->setCheckpoint(opened.checkpoint); });
    addView(safety_, [this](const OpenedCheckpoint& opened) { safety_->setCheckpoint(opened.checkpoint); });
    addView(integrity_, [this](const OpenedCheckpoint& opened) { integrity_->setCheckpoint(opened.checkpoint); });
    addView(compare_, [this](const OpenedCheckpoint& opened) { compare_->setCheckpoint(opened.checkpoint); });
    addView(convert_, [this](const OpenedCheckpoint& opened) {
        convert_->setCheckpoint(opened.checkpoint);
        if (opened.checkpoint && isChanged_) convert_->refuseChangedSource();
    });
    addView(loadLab_, [this](const OpenedCheckpoint& opened) { loadLab_->setCheckpoint(opened.checkpoint); });
    for (QWidget* page : {static_cast<QWidget*>(empty_), static_cast<QWidget*>(loading_), static_cast<QWidget*>(error_),
                          static_cast<QWidget*>(refused_), static_cast<QWidget*>(views_)}) {
        pages_->addWidget(page);
    }
    connectPages();
    closeFile();
}

DocumentPage::~DocumentPage() = default;

QString DocumentPage::viewName(View view) {
    switch (view) {
        case View::Inspect:
            return tr("Inspect");
        case View::Overview:
            return tr("Overview");
        case View::Safety:
            return tr("Safety");
        case View::Integrity:
            return tr("Integrity");
        case View::Compare:
            return tr("Compare");
        case View::Convert:
            return tr("Convert");
        case View::LoadTest:
            return tr("Load test");
    }
    return {};
}

void DocumentPage::addView(QWidget* widget, std::function<void(const OpenedCheckpoint&)> set) {
    header_->viewSwitch()->addTab(viewName(static_cast<View>(slots_.size())));
    views_->addWidget(widget);
    slots_.push_back({widget, std::move(set), false});
}

void DocumentPage::connectPages() {
    connect(header_->viewSwitch(), &QTabBar::currentChanged, this, &DocumentPage::showCurrentView);
    connect(empty_, &EmptyPage::openRequested, this, &DocumentPage::openRequested);
    connect(empty_, &EmptyPage::folderRequested, this, &DocumentPage::folderRequested);
    connect(empty_, &EmptyPage::fileChosen, this, &DocumentPage::fileChosen);
    connect(error_, &ErrorPage::openRequested, this, &DocumentPage::openRequested);
    connect(error_, &ErrorPage::fileChosen, this, &DocumentPage::fileRequested);
    connect(error_, &ErrorPage::retryRequested, this, &DocumentPage::reload);
    connect(error_, &ErrorPage::scanRequested, this, [this] {
        refused_->scan(path_);
        pages_->setCurrentWidget(refused_);
    });
    connect(refused_, &RefusedPage::backRequested, this, [this] {
        refused_->stop();
        pages_->setCurrentWidget(error_);
    });
    connect(loading_, &LoadingPage::cancelRequested, this, &DocumentPage::closeFile);
    connect(convert_, &ConvertView::openRequested, this, &DocumentPage::fileRequested);
    connect(convert_, &ConvertView::compareRequested, this, &DocumentPage::compareWith);
    connect(loadLab_, &LoadLabView::checkpointRequested, this, &DocumentPage::fileRequested);
    connect(overview_, &OverviewView::tensorChosen, this, &DocumentPage::showTensor);
    connect(compare_, &CompareView::tensorChosen, this, &DocumentPage::showTensor);
    connect(integrity_, &IntegrityView::tensorChosen, this, [this](const std::string& name) {
        const TensorId tensor = checkpoint() ? findTensor(checkpoint()->tensors, name) : TensorId();
        if (tensor.valid()) showTensor(tensor);
    });
    connect(overview_, &OverviewView::recipeChosen, this, [this](const Recipe& recipe) {
        setView(View::Convert);
        convert_->setRecipe(recipe);
    });
    connect(changedBar_, &ChangedBar::reloadRequested, this, &DocumentPage::reloadRequested);
    connect(watch_, &FileWatch::changed, changedBar_, &QWidget::show);
    connect(watch_, &FileWatch::changed, this, [this] {
        isChanged_ = true;
        if (checkpoint()) convert_->refuseChangedSource();
    });
}

bool DocumentPage::isBusy() const {
    return convert_->isBusy() || loadLab_->isBusy() || compare_->isBusy();
}

QString DocumentPage::title() const {
    return path_.isEmpty() ? tr("No file") : fileName(path_);
}

void DocumentPage::openFile(const QString& path) {
    path_ = absolutePath(path);
    resuming_.clear();
    refused_->stop();
    auto* job = opening_.replace(new OpenJob(this));
    connect(job, &OpenJob::opened, this, qOverload<const OpenedCheckpoint&>(&DocumentPage::show));
    connect(job, &OpenJob::reportOpened, this,
            qOverload<const std::shared_ptr<const LoadReport>&>(&DocumentPage::show));
    connect(job, &OpenJob::failed, this, qOverload<const OpenFailure&>(&DocumentPage::show));
    loading_->setFile(path_);
    changedBar_->hide();
    QTimer::singleShot(kLoadingDelayMs, job, [this, job] {
        if (opening_.get() != job) return;
        pages_->setCurrentWidget(loading_);
        header_->viewSwitch()->setEnabled(false);
    });
    job->open(path_);
    updateHeader();
}

void DocumentPage::show(const OpenedCheckpoint& opened) {
    auto before = std::make_shared<OpenedCheckpoint>(std::exchange(opened_, opened));
    // Not with the password that an address may hold.
    recentFiles::add(isAddress(path_.toStdString()) ? toText(opened_.checkpoint->path) : path_);
    isChanged_ = false;
    setViews(opened_);
    dispose(std::move(before));
    pages_->setCurrentWidget(views_);
    header_->viewSwitch()->setEnabled(true);
    watchFiles();
    updateHeader();
    emit fileOpened();
    goOn();
}

void DocumentPage::resumeConversion(const QString& path, const QString& line) {
    const bool open = checkpoint() && path_ == absolutePath(path);
    if (!open) openFile(path);
    resuming_ = line;
    if (open) goOn();
}

void DocumentPage::goOn() {
    if (resuming_.isEmpty()) return;
    setView(View::Convert);
    convert_->resume(std::exchange(resuming_, {}));
}

// The load lab alone: there is nothing else to show of a report.
void DocumentPage::show(const std::shared_ptr<const LoadReport>& report) {
    auto before = std::make_shared<OpenedCheckpoint>(std::exchange(opened_, {}));
    setViews(opened_);
    dispose(std::move(before));
    recentFiles::add(path_);
    setView(View::LoadTest);
    loadLab_->show(*report);
    pages_->setCurrentWidget(views_);
    header_->viewSwitch()->setEnabled(false);
    watch_->watch({toText(reportPath(path_.toStdString()))});
    updateHeader();
    emit fileOpened();
}

void DocumentPage::show(const OpenFailure& failure) {
    auto before = std::make_shared<OpenedCheckpoint>(std::exchange(opened_, {}));
    setViews(opened_);
    dispose(std::move(before));
    if (!isAddress(path_.toStdString()) && !QFileInfo::exists(path_)) recentFiles::remove(path_);
    watch_->watch({});
    error_->setFailure(failure);
    pages_->setCurrentWidget(error_);
    header_->viewSwitch()->setEnabled(false);
    updateHeader();
    emit fileFailed();
}

void DocumentPage::closeFile() {
    opening_.abandon();
    refused_->stop();
    auto before = std::make_shared<OpenedCheckpoint>(std::exchange(opened_, {}));
    path_.clear();
    setViews(opened_);
    dispose(std::move(before));
    watch_->watch({});
    changedBar_->hide();
    empty_->setRecent(recentFiles::list());
    pages_->setCurrentWidget(empty_);
    header_->viewSwitch()->setEnabled(false);
    updateHeader();
}

// Views that are not seen let go of what they show, and wait.
void DocumentPage::setViews(const OpenedCheckpoint& opened) {
    for (ViewSlot& slot : slots_) {
        const bool seen = slot.widget == views_->currentWidget();
        slot.set(seen ? opened : OpenedCheckpoint());
        slot.stale = !seen && opened.checkpoint != nullptr;
    }
}

void DocumentPage::showCurrentView() {
    const auto index = static_cast<std::size_t>(header_->viewSwitch()->currentIndex());
    ViewSlot& slot = slots_[index];
    if (std::exchange(slot.stale, false)) slot.set(opened_);
    views_->setCurrentWidget(slot.widget);
}

void DocumentPage::reload() {
    if (!path_.isEmpty()) openFile(QString(path_));
}

void DocumentPage::setView(View view) {
    header_->viewSwitch()->setCurrentIndex(static_cast<int>(view));
}

DocumentPage::View DocumentPage::view() const {
    return static_cast<View>(header_->viewSwitch()->currentIndex());
}

void DocumentPage::pressButton(View view, const QString& name) {
    // A report of load tests has the one view.
    if (pages_->currentWidget() != views_ || (!checkpoint() && view != this->view())) return;
    setView(view);
    auto* button = slots_[static_cast<std::size_t>(view)].widget->findChild<QAbstractButton*>(name);
    if (button != nullptr && button->isEnabled()) button->click();
}

void DocumentPage::reveal(const QWidget* shown) {
    for (std::size_t n = 0; n < slots_.size(); ++n)
        if (slots_[n].widget == shown || slots_[n].widget->isAncestorOf(shown)) setView(static_cast<View>(n));
    convert_->reveal(shown);
}

void DocumentPage::showTensor(TensorId tensor) {
    setView(View::Inspect);
    inspect_->selectTensor(tensor);
}

void DocumentPage::focusFilter() {
    if (!checkpoint()) return;
    setView(View::Inspect);
    inspect_->focusFilter();
}

void DocumentPage::toggleListing() {
    if (!checkpoint()) return;
    setView(View::Inspect);
    inspect_->toggleListing();
}

void DocumentPage::showTensorsAs(TensorShow show) {
    if (!checkpoint()) return;
    setView(View::Inspect);
    inspect_->setShow(show);
}

void DocumentPage::compareWith(const QString& path) {
    setView(View::Compare);
    compare_->compareWith({absolutePath(path), nullptr});
}

bool DocumentPage::wantsToCompare(const QStringList& paths) const {
    const bool other = paths.size() == 1 && absolutePath(paths.first()) != path_;
    return checkpoint() && other && views_->currentWidget() == compare_ && !compare_->isBusy();
}

void DocumentPage::resetLayout() {
    inspect_->resetLayout();
}

void DocumentPage::setOthers(OtherCheckpoints others) {
    compare_->setOthers(std::move(others));
}

void DocumentPage::setRecent(const QStringList& paths) {
    empty_->setRecent(paths);
}

void DocumentPage::watchFiles() {
    QStringList paths;
    if (!opened_.checkpoint->indexPath.empty()) paths << toText(opened_.checkpoint->indexPath);
    for (const SourceFile& file : opened_.checkpoint->files) paths << toText(file.path);
    watch_->watch(paths);
}

void DocumentPage::updateHeader() {
    QString summary = path_.isEmpty() ? tr("Inspect, convert and load-test PyTorch checkpoints") : shortFolder(path_);
    if (opened_.checkpoint) summary = summaryText(*opened_.checkpoint, opened_.overview->elements);
    header_->setFile(title(), summary, path_);
    emit titleChanged();
}

}  // namespace plimsoll::ui
