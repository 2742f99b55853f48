// SPDX-License-Identifier: GPL-3.0-or-later
#include "main_window.h"

#include <QApplication>
#include <QCloseEvent>
#include <QFileDialog>
#include <QFileInfo>
#include <QMessageBox>
#include <QMimeData>
#include <QSettings>
#include <QStackedWidget>
#include <QTimer>
#include <QVBoxLayout>

#include "jobs/dispose.h"
#include "text/text.h"
#include "views/convert/convert_view.h"
#include "views/inspect/inspect_view.h"
#include "views/load_lab/load_lab_view.h"
#include "widgets/view_switch.h"
#include "window/drop_overlay.h"
#include "window/empty_page.h"
#include "window/error_page.h"
#include "window/header_bar.h"
#include "window/loading_page.h"
#include "window/recent_files.h"

namespace plimsoll::ui {
namespace {

// A file that opens within this time never shows the loading page: no flicker.
constexpr int kLoadingDelayMs = 150;
constexpr QSize kFirstSize(1240, 800);
constexpr QSize kLeastSize(760, 520);

}  // namespace

MainWindow::MainWindow(QWidget* parent)
    : QMainWindow(parent),
      header_(new HeaderBar),
      pages_(new QStackedWidget),
      empty_(new EmptyPage),
      loading_(new LoadingPage),
      error_(new ErrorPage),
      views_(new QStackedWidget),
      inspect_(new InspectView),
      convert_(new ConvertView),
      loadLab_(new LoadLabView),
      overlay_(new DropOverlay(this)) {
    setObjectName(QStringLiteral("mainWindow"));
    setWindowIcon(QIcon(QStringLiteral(":/icons/plimsoll.svg")));
    auto* central = new QWidget;
    auto* column = new QVBoxLayout(central);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(header_);
    column->addWidget(pages_, 1);
    setCentralWidget(central);
    for (QWidget* view :
         {static_cast<QWidget*>(inspect_), static_cast<QWidget*>(convert_), static_cast<QWidget*>(loadLab_)}) {
        views_->addWidget(view);
    }
    for (QWidget* page : {static_cast<QWidget*>(empty_), static_cast<QWidget*>(loading_), static_cast<QWidget*>(error_),
                          static_cast<QWidget*>(views_)}) {
        pages_->addWidget(page);
    }
    for (const QString& name : {tr("Inspect"), tr("Convert"), tr("Load test")}) header_->viewSwitch()->addTab(name);
    connect(header_->viewSwitch(), &QTabBar::currentChanged, views_, &QStackedWidget::setCurrentIndex);
    connect(empty_, &EmptyPage::openRequested, this, &MainWindow::askForFile);
    connect(empty_, &EmptyPage::fileChosen, this, &MainWindow::openFile);
    connect(error_, &ErrorPage::openRequested, this, &MainWindow::askForFile);
    connect(error_, &ErrorPage::retryRequested, this, &MainWindow::reload);
    connect(loading_, &LoadingPage::cancelRequested, this, &MainWindow::closeFile);
    connect(convert_, &ConvertView::openRequested, this, &MainWindow::openFile);
    buildMenus();
    setAcceptDrops(true);
    qApp->installEventFilter(this);
    setMinimumSize(kLeastSize);
    resize(kFirstSize);
    restoreGeometry(QSettings().value(QStringLiteral("window/geometry")).toByteArray());
    closeFile();
}

MainWindow::~MainWindow() {
    qApp->removeEventFilter(this);
}

bool MainWindow::isBusy() const {
    return convert_->isBusy() || loadLab_->isBusy();
}

void MainWindow::openFile(const QString& path) {
    if (!isBusy()) {
        startOpening(path);
        return;
    }
    auto* other = new MainWindow;
    other->setAttribute(Qt::WA_DeleteOnClose);
    other->move(pos() + QPoint(40, 40));
    other->QWidget::show();
    other->startOpening(path);
}

void MainWindow::openFiles(const QStringList& paths) {
    for (qsizetype i = 0; i < paths.size(); ++i) {
        if (i == 0) {
            openFile(paths[i]);
            continue;
        }
        auto* other = new MainWindow;
        other->setAttribute(Qt::WA_DeleteOnClose);
        other->move(pos() + QPoint(40, 40) * static_cast<int>(i));
        other->QWidget::show();
        other->startOpening(paths[i]);
    }
}

void MainWindow::startOpening(const QString& path) {
    path_ = QFileInfo(path).absoluteFilePath();
    auto* job = opening_.replace(new OpenJob(this));
    connect(job, &OpenJob::opened, this, qOverload<const OpenedCheckpoint&>(&MainWindow::show));
    connect(job, &OpenJob::failed, this, qOverload<const OpenFailure&>(&MainWindow::show));
    loading_->setFile(path_);
    QTimer::singleShot(kLoadingDelayMs, job, [this, job] {
        if (opening_.get() != job) return;
        pages_->setCurrentWidget(loading_);
        header_->viewSwitch()->setEnabled(false);
    });
    job->open(path_);
    updateTitle();
}

void MainWindow::show(const OpenedCheckpoint& opened) {
    dispose(std::make_shared<OpenedCheckpoint>(std::exchange(opened_, opened)));
    recentFiles::add(path_);
    inspect_->setCheckpoint(opened_);
    convert_->setCheckpoint(opened_.checkpoint);
    loadLab_->setCheckpoint(opened_.checkpoint);
    pages_->setCurrentWidget(views_);
    header_->viewSwitch()->setEnabled(true);
    updateTitle();
    emit fileOpened();
}

void MainWindow::show(const OpenFailure& failure) {
    opened_ = {};
    if (!QFileInfo::exists(path_)) recentFiles::remove(path_);
    error_->setFailure(failure);
    pages_->setCurrentWidget(error_);
    header_->viewSwitch()->setEnabled(false);
    updateTitle();
    emit fileFailed();
}

void MainWindow::closeFile() {
    opening_.abandon();
    auto closed = std::make_shared<OpenedCheckpoint>(std::exchange(opened_, {}));
    path_.clear();
    inspect_->setCheckpoint({});
    convert_->setCheckpoint(nullptr);
    loadLab_->setCheckpoint(nullptr);
    empty_->setRecent(recentFiles::list());
    pages_->setCurrentWidget(empty_);
    header_->viewSwitch()->setEnabled(false);
    updateTitle();
    dispose(std::move(closed));
}

void MainWindow::reload() {
    if (!path_.isEmpty()) openFile(path_);
}

void MainWindow::setView(View view) {
    header_->viewSwitch()->setCurrentIndex(static_cast<int>(view));
}

void MainWindow::updateTitle() {
    const QFileInfo info(path_);
    const QString name = path_.isEmpty() ? tr("No file") : info.fileName();
    setWindowTitle(path_.isEmpty() ? tr("Plimsoll") : tr("%1 — Plimsoll").arg(name));
    setWindowFilePath(path_);
    QString summary = path_.isEmpty() ? tr("Inspect, convert and load-test PyTorch checkpoints") : shortFolder(path_);
    if (opened_.checkpoint) summary = summaryText(*opened_.checkpoint, opened_.overview->elements);
    header_->setFile(name, summary, path_);
    reloadAction_->setEnabled(!path_.isEmpty());
    closeAction_->setEnabled(!path_.isEmpty());
}

void MainWindow::askForFile() {
    const QString folder =
        path_.isEmpty() ? QSettings().value(QStringLiteral("lastFolder")).toString() : QFileInfo(path_).absolutePath();
    const QStringList paths = QFileDialog::getOpenFileNames(
        this, tr("Open a checkpoint"), folder,
        tr("Checkpoints (*.pth *.pt *.bin *.ckpt *.th *.tar *.safetensors *.index.json);;All files (*)"));
    if (paths.isEmpty()) return;
    QSettings().setValue(QStringLiteral("lastFolder"), QFileInfo(paths.first()).absolutePath());
    openFiles(paths);
}

void MainWindow::closeEvent(QCloseEvent* event) {
    if (isBusy()) {
        const auto answer = QMessageBox::question(
            this, tr("Still working"),
            convert_->isBusy() ? tr("A conversion is running. Stop it and close? Nothing half-written is left behind.")
                               : tr("A load test is running. Stop it and close?"),
            QMessageBox::Close | QMessageBox::Cancel, QMessageBox::Cancel);
        if (answer != QMessageBox::Close) {
            event->ignore();
            return;
        }
    }
    QSettings().setValue(QStringLiteral("window/geometry"), saveGeometry());
    QMainWindow::closeEvent(event);
}

void MainWindow::resizeEvent(QResizeEvent* event) {
    overlay_->setGeometry(rect());
    QMainWindow::resizeEvent(event);
}

// An application-wide filter, because line edits and tables would take a dropped file for text of theirs.
bool MainWindow::eventFilter(QObject* watched, QEvent* event) {
    switch (event->type()) {
        case QEvent::DragEnter:
        case QEvent::DragMove:
        case QEvent::DragLeave:
        case QEvent::Drop: {
            const auto* widget = qobject_cast<QWidget*>(watched);
            if (widget != nullptr && widget->window() == this && handleDrag(event)) return true;
            break;
        }
        default:
            break;
    }
    return QMainWindow::eventFilter(watched, event);
}

bool MainWindow::handleDrag(QEvent* event) {
    if (event->type() == QEvent::DragLeave) {
        overlay_->hide();
        return false;
    }
    auto* drop = static_cast<QDropEvent*>(event);  // also the base of the enter and move events
    QStringList paths;
    for (const QUrl& url : drop->mimeData()->urls()) {
        if (url.isLocalFile()) paths << url.toLocalFile();
    }
    if (paths.isEmpty()) return false;
    drop->setDropAction(Qt::CopyAction);
    drop->accept();
    if (event->type() == QEvent::Drop) {
        overlay_->hide();
        // After the drag has ended: the other program must not wait for us.
        QTimer::singleShot(0, this, [this, paths] { openFiles(paths); });
    } else {
        overlay_->setGeometry(rect());
        overlay_->raise();
        overlay_->show();
    }
    return true;
}

}  // namespace plimsoll::ui
